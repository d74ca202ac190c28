"""Two-dimensional correlation with separable complex kernels by matrix products."""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from pyannote_strf.layers.toeplitz import toeplitz

ORDERS = ("time", "frequency")

# Time first: number of frames in a block of output. Each output frame costs `block + kernel`
# multiply-adds, and every block reads `kernel` more frames than it outputs. Measured.
BLOCK = 40

# Frequency first: range of the number of frames in a block, and cost of adding one product to
# another, in multiply-adds. Measured.
SMALLEST_BLOCK, LARGEST_BLOCK = 32, 128
ACCUMULATION = 20


def correlate_separable(
    x: Tensor,
    frequency: Tensor,
    time: Tensor,
    parts: tuple[str, ...],
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    first: str = "time",
) -> Tensor:
    """Correlate one input channel with kernels that are outer products.

    The first axis is one matrix product over all filters. The second axis is one matrix product
    per filter, which also combines real and imaginary parts. All matrices are Toeplitz matrices.
    With kernels of 9 x 111 taps, this takes about a tenth of the multiply-adds of a dense
    convolution.

    Parameters
    ----------
    x : (batch, band, frame) Tensor
        Input, already padded.
    frequency : (filter, 2, frequency_tap) Tensor
        Real and imaginary parts of the factors in frequency.
    time : (filter, 2, time_tap) Tensor
        Real and imaginary parts of the factors in time.
    parts : tuple of {"real", "imag"}
        Which parts of the response to compute.
    stride, dilation : (int, int), optional
        Along frequency and time. Default to 1.
    first : {"time", "frequency"}, optional
        Axis to correlate along first. Defaults to "time".

    Returns
    -------
    response : (batch, part, filter, band, frame) Tensor
    """
    out_bands = num_outputs(x.shape[1], frequency.shape[-1], stride[0], dilation[0])
    out_frames = num_outputs(x.shape[2], time.shape[-1], stride[1], dilation[1])
    along_frequency = toeplitz(frequency, out_bands, stride[0], dilation[0])
    along_frequency = F.pad(along_frequency, (0, x.shape[1] - along_frequency.shape[-1]))
    correlate = time_first if first == "time" else frequency_first
    return correlate(x, along_frequency, time, parts, out_frames, stride[1], dilation[1])


def multiply_adds(
    num_bands: int,
    num_taps: int,
    out_bands: int,
    num_parts: int,
    first: str,
) -> int:
    """Return the number of multiply-adds of :func:`correlate_separable` per filter and frame.

    Parameters
    ----------
    num_bands, out_bands : int
        Number of bands of the input, padding included, and of the response.
    num_taps : int
        Extent of a kernel in time, dilation included, in frames.
    num_parts : int
        1 or 2.
    first : {"time", "frequency"}
        Axis to correlate along first.
    """
    if first == "time":
        return 2 * num_bands * (BLOCK + num_taps - 1 + num_parts * out_bands)
    return 2 * out_bands * (num_bands + num_parts * 2 * num_taps)


def num_outputs(size: int, num_taps: int, stride: int, dilation: int) -> int:
    """Return the size of a response along one axis. `size` is that of the padded input.

    >>> num_outputs(310, num_taps=111, stride=2, dilation=1)
    100
    """
    return (size - (num_taps - 1) * dilation - 1) // stride + 1


def time_first(
    x: Tensor,
    along_frequency: Tensor,
    time: Tensor,
    parts: tuple[str, ...],
    out_frames: int,
    stride: int,
    dilation: int,
) -> Tensor:
    """Correlate along time for all filters at once, then along frequency for each filter."""
    batch, num_bands, num_frames = x.shape
    num_filters = time.shape[0]
    num_blocks, block = equal_blocks(out_frames, BLOCK)
    along_time = toeplitz(time, block, stride, dilation)
    span, hop = along_time.shape[-1], block * stride
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
    out_bands = along_frequency.shape[2]
    response = response.view(num_filters, len(parts), out_bands, batch, num_blocks * block)
    return response.permute(3, 1, 0, 2, 4)[..., :out_frames].contiguous()


def frequency_first(
    x: Tensor,
    along_frequency: Tensor,
    time: Tensor,
    parts: tuple[str, ...],
    out_frames: int,
    stride: int,
    dilation: int,
) -> Tensor:
    """Correlate along frequency for all filters at once, then along time for each filter.

    A block of output depends on `reach` successive hops of input. Summing one product per hop
    avoids a copy of overlapping blocks.
    """
    num_filters, _, out_bands, _ = along_frequency.shape
    batch = x.shape[0]
    num_blocks, block, reach = cheapest_blocks(out_frames, time.shape[-1], stride, dilation)
    hop = block * stride
    along_time = toeplitz(time, block, stride, dilation)
    along_time = F.pad(along_time, (0, reach * hop - along_time.shape[-1]))
    real, imag = along_time.unflatten(-1, (reach, hop)).permute(1, 3, 0, 4, 2)
    of_real = torch.cat([{"real": real, "imag": imag}[part] for part in parts], dim=-1)
    of_imag = torch.cat([{"real": -imag, "imag": real}[part] for part in parts], dim=-1)

    num_hops = num_blocks + reach - 1
    x = F.pad(x, (0, num_hops * hop - x.shape[-1]))
    hops = x.unflatten(-1, (num_hops, hop)).permute(2, 1, 0, 3).flatten(2)
    rows = along_frequency.flatten(0, 2)
    filtered = [
        (rows @ one_hop).view(num_filters, 2, out_bands * batch, hop).unbind(1)
        for one_hop in hops.unbind(0)
    ]
    # under autocast, products have a lower precision, and products in place need the same dtype
    of_real, of_imag = (matrices.to(filtered[0][0].dtype) for matrices in (of_real, of_imag))
    responses = []
    for first in range(num_blocks):
        response = torch.bmm(filtered[first][0], of_real[0])
        response.baddbmm_(filtered[first][1], of_imag[0])
        for i in range(1, reach):
            response.baddbmm_(filtered[first + i][0], of_real[i])
            response.baddbmm_(filtered[first + i][1], of_imag[i])
        response = response.view(num_filters, out_bands, batch, len(parts), block)
        num_frames = min(block, out_frames - first * block)
        responses.append(response.permute(2, 3, 0, 1, 4)[..., :num_frames])
    return torch.cat(responses, dim=-1)


@lru_cache(maxsize=1024)
def cheapest_blocks(
    num_frames: int, num_taps: int, stride: int, dilation: int
) -> tuple[int, int, int]:
    """Return the number of blocks, their size and their reach (in hops) with the lowest cost.

    >>> cheapest_blocks(99, num_taps=111, stride=2, dilation=1)
    (3, 33, 3)
    """
    candidates = []
    for block in range(min(num_frames, SMALLEST_BLOCK), min(num_frames, LARGEST_BLOCK) + 1):
        span = (block - 1) * stride + (num_taps - 1) * dilation + 1
        reach = -(-span // (block * stride))
        num_blocks = -(-num_frames // block)
        cost = num_blocks * block * reach * (block * stride + ACCUMULATION)
        candidates.append((cost, num_blocks, block, reach))
    return min(candidates)[1:]


def equal_blocks(num_frames: int, largest: int) -> tuple[int, int]:
    """Return the number of blocks and their size, for the fewest blocks within a largest size.

    >>> equal_blocks(198, largest=70)
    (3, 66)
    """
    num_blocks = -(-num_frames // largest)
    return num_blocks, -(-num_frames // num_blocks)


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
