"""Correlation with separable kernels, by the fastest of several algorithms."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from pyannote_strf.layers.gabor import dense_kernels
from pyannote_strf.layers.separable import (
    ORDERS,
    correlate_separable,
    multiply_adds,
    num_outputs,
)

PATHS = ("auto", "time", "frequency", "dense")

# Relative time of a multiply-add on a CPU, forward and backward, copies included. Measured: see
# benchmarks/README.md.
TIME_PER_MULTIPLY_ADD = {"time": 1.0, "frequency": 1.5, "dense": 0.7}


def correlate(
    x: Tensor,
    frequency: Tensor,
    time: Tensor,
    parts: tuple[str, ...],
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
    path: str = "auto",
) -> Tensor:
    """Correlate an image with kernels given by their factors.

    Parameters
    ----------
    x : (batch, in_channel, band, frame) Tensor
        Input, already padded.
    frequency : (filter, in_channel / groups, 2, frequency_tap) Tensor
        Real and imaginary parts of the factors in frequency.
    time : (filter, in_channel / groups, 2, time_tap) Tensor
        Real and imaginary parts of the factors in time.
    parts : tuple of {"real", "imag"}
        Which parts of the response to compute.
    stride, dilation : (int, int), optional
        Along frequency and time. Default to 1.
    groups : int, optional
        As in :func:`torch.nn.functional.conv2d`.
    path : {"auto", "time", "frequency", "dense"}, optional
        Algorithm. "time" and "frequency" use the factors, along that axis first, and need a single
        input channel. "dense" is torch's convolution with full kernels. "auto" (default) is the
        result of :func:`fastest_path`.

    Returns
    -------
    response : (batch, part, filter, band, frame) Tensor

    Raises
    ------
    ValueError
        If the input is smaller than a kernel.
    """
    *_, num_bands, num_frames = x.shape
    kernel_size = (frequency.shape[-1], time.shape[-1])
    out_bands, out_frames = (
        num_outputs(*axis) for axis in zip((num_bands, num_frames), kernel_size, stride, dilation)
    )
    if out_bands < 1 or out_frames < 1:
        raise ValueError(
            f"input of {num_bands} x {num_frames} (padding included) is smaller than a "
            f"kernel of {kernel_size[0]} x {kernel_size[1]} taps"
        )
    if path == "auto":
        num_taps = (kernel_size[1] - 1) * dilation[1] + 1
        path = fastest_path(x.shape[1], num_bands, out_bands, kernel_size, num_taps, len(parts))
    if path == "dense":
        kernels = dense_kernels(frequency, time, parts)
        response = F.conv2d(
            x.repeat(1, len(parts), 1, 1) if groups > 1 else x,
            kernels.flatten(0, 1),
            None,
            stride,
            0,
            dilation,
            groups * len(parts) if groups > 1 else 1,
        )
        return response.unflatten(1, (len(parts), -1))
    return correlate_separable(
        x[:, 0], frequency[:, 0], time[:, 0], parts, stride, dilation, first=path
    )


def fastest_path(
    in_channels: int,
    num_bands: int,
    out_bands: int,
    kernel_size: tuple[int, int],
    num_taps: int,
    num_parts: int,
) -> str:
    """Return the fastest path, estimated from multiply-adds per filter and frame.

    While a model is exported, the result is "dense", which supports any number of frames.

    Parameters
    ----------
    in_channels : int
    num_bands, out_bands : int
        Number of bands of the input, padding included, and of the response.
    kernel_size : (int, int)
        Taps along frequency and time.
    num_taps : int
        Extent of the kernel in time, dilation included, in frames.
    num_parts : int
        1 or 2.

    Returns
    -------
    path : {"time", "frequency", "dense"}

    >>> fastest_path(1, 72, 64, (9, 111), num_taps=111, num_parts=2)
    'time'
    >>> fastest_path(1, 72, 16, (9, 111), num_taps=111, num_parts=2)
    'dense'
    >>> fastest_path(1, 94, 16, (31, 111), num_taps=111, num_parts=2)
    'frequency'
    """
    if in_channels > 1 or torch.compiler.is_exporting():
        return "dense"
    work = {
        first: multiply_adds(num_bands, num_taps, out_bands, num_parts, first) for first in ORDERS
    }
    work["dense"] = num_parts * out_bands * kernel_size[0] * kernel_size[1]
    return min(PATHS[1:], key=lambda path: work[path] * TIME_PER_MULTIPLY_ADD[path])
