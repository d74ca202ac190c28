"""Mel scale of O'Shaughnessy, which HTK uses."""

from __future__ import annotations

import math

from torch import Tensor


def to_mel(hertz: float) -> float:
    """Return a frequency in mel.

    >>> round(to_mel(1000.0))
    1000
    """
    return 2595 * math.log10(1 + hertz / 700)


def to_hertz(mel: Tensor) -> Tensor:
    """Compute the inverse of :func:`to_mel`.

    >>> import torch
    >>> to_hertz(torch.tensor(0.0))
    tensor(0.)
    """
    return 700 * (10 ** (mel / 2595) - 1)
