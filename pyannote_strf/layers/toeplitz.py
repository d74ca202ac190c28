"""Correlation as a matrix product."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def toeplitz(taps: Tensor, num_outputs: int, stride: int = 1, dilation: int = 1) -> Tensor:
    """Return the matrix that correlates a signal with `taps`.

    `matrix @ signal` equals `conv1d(signal, taps, stride=stride, dilation=dilation)` for a signal
    just long enough for `num_outputs` outputs. The matrix is a view of repeated zero-padded taps,
    cut into rows that are `stride` shorter than a copy, so that its gradient is a sum over copies.

    Parameters
    ----------
    taps : (..., tap) Tensor
    num_outputs : int
        Number of rows.
    stride, dilation : int, optional
        Default to 1.

    Returns
    -------
    matrix : (..., num_outputs, span) Tensor
        `span` is (num_outputs - 1) * stride + (tap - 1) * dilation + 1.

    >>> import torch
    >>> toeplitz(torch.tensor([1.0, 2.0]), num_outputs=2, stride=2)
    tensor([[1., 2., 0., 0.],
            [0., 0., 1., 2.]])
    """
    if dilation > 1:
        taps = F.pad(taps[..., None], (0, dilation - 1)).flatten(-2)[..., : 1 - dilation]
    batch, num_taps = taps.shape[:-1], taps.shape[-1]
    span = (num_outputs - 1) * stride + num_taps
    copies = F.pad(taps, (0, span + stride - num_taps))[..., None, :]
    rows = copies.expand(*batch, num_outputs, span + stride).flatten(-2)
    return rows[..., : num_outputs * span].unflatten(-1, (num_outputs, span))
