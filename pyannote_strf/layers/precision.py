"""Functions of tensors that depend on their precision."""

from __future__ import annotations

import torch
from torch import Tensor


def at_least_single(x: Tensor) -> Tensor:
    """Convert half precision, which is too coarse for the exponents of kernels, to single."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def magnitude(y: Tensor) -> Tensor:
    """Return the magnitude of a (batch, part, ...) tensor, whose gradient is zero at zero.

    In torch 2.11, `torch.linalg.vector_norm` takes ten times as long on a CPU.

    >>> magnitude(torch.tensor([[3.0, 4.0]]))
    tensor([5.])
    """
    single = at_least_single(y)
    power = single.square().sum(dim=1)
    return power.clamp(min=torch.finfo(power.dtype).tiny).sqrt().to(y.dtype)


def identical(a: Tensor, b: Tensor) -> bool:
    """Return whether two tensors have the same values, dtype and device."""
    return a.dtype == b.dtype and a.device == b.device and torch.equal(a, b)
