"""Models that are too large, refused before they are built."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

# bytes of weights
MAX_SIZE = 2**33

ALLOCATE = {
    torch.ops.aten.empty.memory_format,
    torch.ops.aten.zeros.default,
    torch.ops.aten.ones.default,
    torch.ops.aten.rand.default,
    torch.ops.aten.randn.default,
    torch.ops.aten.full.default,
}


class limited_memory(TorchDispatchMode):
    """Context in which no more than 8 GiB of tensors can be created.

    Raises
    ------
    ValueError
        Instead of the first tensor that is too many.

    >>> with limited_memory():
    ...     weight = torch.empty(10**6, 10**6)
    Traceback (most recent call last):
    ...
    ValueError: more than 8 GiB of weights are not supported; choose smaller sizes
    """

    def __init__(self):
        super().__init__()
        self.size = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None) -> Any:
        kwargs = kwargs or {}
        if function in ALLOCATE:
            dtype = kwargs.get("dtype") or torch.get_default_dtype()
            self.size += math.prod(args[0]) * dtype.itemsize
            if self.size > MAX_SIZE:
                raise ValueError(
                    f"more than {MAX_SIZE >> 30} GiB of weights are not supported; choose smaller "
                    "sizes"
                )
        return function(*args, **kwargs)
