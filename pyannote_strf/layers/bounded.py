"""Conversion between unconstrained parameters and bounded quantities."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

# natural logarithm of the largest width, in frames or bands; the smallest width is its inverse
MAX_LOG_WIDTH = 7.0


def to_width(raw: Tensor) -> Tensor:
    """Map an unconstrained parameter to a width between exp(-7) and exp(7) bins.

    For widths close to 1, `raw` is the natural logarithm of the width. Softsign bounds the width,
    and its gradient never vanishes: it decays with the square of `raw` only.

    >>> to_width(torch.tensor([-1e6, 0.0, 1e6])) > 0
    tensor([True, True, True])
    """
    return torch.exp(MAX_LOG_WIDTH * F.softsign(raw / MAX_LOG_WIDTH))


def from_width(width: Tensor) -> Tensor:
    """Compute the inverse of :func:`to_width`.

    Raises
    ------
    ValueError
        If a width is outside the open range (exp(-7), exp(7)).

    >>> from_width(to_width(torch.tensor(2.0)))
    tensor(2.)
    """
    if not _holds((width > math.exp(-MAX_LOG_WIDTH)) & (width < math.exp(MAX_LOG_WIDTH))):
        raise ValueError(
            f"widths must lie between {math.exp(-MAX_LOG_WIDTH):.4f} and "
            f"{math.exp(MAX_LOG_WIDTH):.0f} bins, got {width.min():g} to {width.max():g}"
        )
    return MAX_LOG_WIDTH * inverse_softsign(width.log() / MAX_LOG_WIDTH)


def to_omega(raw: Tensor) -> Tensor:
    """Map an unconstrained parameter to a modulation frequency in (-pi, pi) radians per bin.

    >>> to_omega(torch.tensor([-1e6, 0.0, 1e6])).abs() <= math.pi
    tensor([True, True, True])
    """
    return math.pi * F.softsign(raw)


def from_omega(omega: Tensor) -> Tensor:
    """Compute the inverse of :func:`to_omega`.

    Raises
    ------
    ValueError
        If a frequency is outside the open range (-pi, pi).
    """
    if not _holds(omega.abs() < math.pi):
        raise ValueError(
            "modulation frequencies must lie strictly between -pi and pi radians per bin, "
            f"got {omega.min():g} to {omega.max():g}"
        )
    return inverse_softsign(omega / math.pi)


def to_range(raw: Tensor, low: float, high: float) -> Tensor:
    """Map an unconstrained parameter to a quantity between two limits.

    >>> to_range(torch.tensor([-1.0, 0.0, 1.0]), 0.0, 4.0)
    tensor([1., 2., 3.])
    """
    return low + (high - low) * (1 + F.softsign(raw)) / 2


def from_range(value: Tensor, low: float, high: float) -> Tensor:
    """Compute the inverse of :func:`to_range` for values strictly between the limits.

    >>> from_range(torch.tensor([1.0, 2.0, 3.0]), 0.0, 4.0)
    tensor([-1.,  0.,  1.])
    """
    return inverse_softsign(2 * (value - low) / (high - low) - 1)


def _holds(condition: Tensor) -> bool:
    """Return whether all values are true. Tensors on the device "meta" have no values, and pass."""
    return condition.is_meta or bool(condition.all())


def inverse_softsign(y: Tensor) -> Tensor:
    """Compute the inverse of softsign.

    >>> inverse_softsign(F.softsign(torch.tensor(-3.0)))
    tensor(-3.)
    """
    return y / (1 - y.abs())
