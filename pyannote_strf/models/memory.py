"""Limit on the size of models, checked before memory is allocated."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

# in bytes
MAX_SIZE = 2**33

ALLOCATING_FUNCTIONS = {
    torch.ops.aten.empty.memory_format,
    torch.ops.aten.zeros.default,
    torch.ops.aten.ones.default,
    torch.ops.aten.rand.default,
    torch.ops.aten.randn.default,
    torch.ops.aten.full.default,
}


class limited_memory(TorchDispatchMode):
    """Context manager that limits the total size of new tensors to 8 GiB.

    Raises
    ------
    ValueError
        Before the first tensor beyond the limit is allocated.

    >>> with limited_memory():
    ...     weight = torch.empty(10**6, 10**6)
    Traceback (most recent call last):
    ...
    ValueError: more than 8 GiB of weights are not supported; choose smaller sizes
    """

    def __init__(self) -> None:
        super().__init__()
        self.size = 0

    def __torch_dispatch__(
        self,
        function: Callable[..., Any],
        types: Collection[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if function in ALLOCATING_FUNCTIONS:
            dtype = kwargs.get("dtype") or torch.get_default_dtype()
            self.size += math.prod(args[0]) * dtype.itemsize
            if self.size > MAX_SIZE:
                raise ValueError(
                    f"more than {MAX_SIZE >> 30} GiB of weights are not supported; choose smaller "
                    "sizes"
                )
        return function(*args, **kwargs)
