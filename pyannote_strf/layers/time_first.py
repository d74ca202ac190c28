"""Correlation with separable complex kernels, along time first."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from pyannote_strf.layers.blocks import equal_blocks, num_outputs
from pyannote_strf.layers.toeplitz import toeplitz

# Number of frames in a block of output. Each output frame costs `block + kernel` multiply-adds, and
# every block reads `kernel` more frames than it outputs. Measured.
BLOCK = 40


def time_first(
    x: Tensor,
    frequency: Tensor,
    time: Tensor,
    parts: tuple[str, ...],
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
) -> Tensor:
    """Correlate one input channel with kernels that are outer products, along time first.

    Time is one matrix product over all filters. Frequency is one matrix product per filter, which
    also combines real and imaginary parts. All matrices are Toeplitz matrices. With kernels of
    9 x 111 taps, this takes about a tenth of the multiply-adds of a dense convolution.

    Parameters
    ----------
    x : (batch, band, frame) Tensor
        Input, already padded.
    frequency : (filter, 2, frequency_tap) Tensor
        Real and imaginary parts of the factors in frequency.
    time : (filter, 2, time_tap) Tensor
        Real and imaginary parts of the factors in time.
    parts : tuple of {"real", "imag"}
        Parts of the response to compute.
    stride, dilation : (int, int), optional
        Along frequency and time. Default to 1.

    Returns
    -------
    response : (batch, part, filter, band, frame) Tensor
    """
    out_bands = num_outputs(x.shape[1], frequency.shape[-1], stride[0], dilation[0])
    out_frames = num_outputs(x.shape[2], time.shape[-1], stride[1], dilation[1])
    along_frequency = toeplitz(frequency, out_bands, stride[0], dilation[0])
    along_frequency = F.pad(along_frequency, (0, x.shape[1] - along_frequency.shape[-1]))
    batch, num_bands, num_frames = x.shape
    num_filters = time.shape[0]
    num_blocks, block = equal_blocks(out_frames, BLOCK)
    along_time = toeplitz(time, block, stride[1], dilation[1])
    span, hop = along_time.shape[-1], block * stride[1]
    x = F.pad(x, (0, max(0, (num_blocks - 1) * hop + span - num_frames)))
    blocks = x.unfold(-1, span, hop)[:, :, :num_blocks]
    filtered = blocks.flatten(0, 2) @ along_time.flatten(0, 2).T
    filtered = (
        filtered.view(batch, num_bands, num_blocks, num_filters, 2, block)
        .permute(3, 4, 1, 0, 2, 5)
        .reshape(num_filters, 2 * num_bands, batch * num_blocks * block)
    )
    rows = torch.cat([complex_rows(along_frequency, part) for part in parts], dim=1)
    response = torch.bmm(rows, filtered)
    response = response.view(num_filters, len(parts), out_bands, batch, num_blocks * block)
    return response.permute(3, 1, 0, 2, 4)[..., :out_frames].contiguous()


def complex_rows(matrices: Tensor, part: str) -> Tensor:
    """Return matrices that map stacked real and imaginary parts to one part of their product.

    Parameters
    ----------
    matrices : (filter, 2, row, column) Tensor
    part : {"real", "imag"}

    Returns
    -------
    rows : (filter, row, 2 * column) Tensor
    """
    real, imag = matrices.unbind(1)
    return torch.cat([real, -imag] if part == "real" else [imag, real], dim=-1)
