"""Correlation with separable kernels, by the fastest of several algorithms."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from pyannote_strf.layers.blocks import num_outputs
from pyannote_strf.layers.factors import Factors
from pyannote_strf.layers.frequency_first import frequency_first
from pyannote_strf.layers.gabor import dense_kernels
from pyannote_strf.layers.precision import magnitude
from pyannote_strf.layers.time_first import BLOCK, time_first

PATHS = ("auto", "time", "frequency", "dense")

# Work in multiply-adds of a dense convolution: the path "frequency" per call and part, per element
# of the response and per tap in time, magnitudes of the other paths per element, and a multiply-add
# of the path "time". Measured, forward and backward: see benchmarks/README.md.
CALL, ELEMENT, TAP, MAGNITUDE, TIME = 8e8, 250.0, 1.7, 180.0, 1.5


def correlate(
    x: Tensor,
    factors: Factors,
    parts: tuple[str, ...],
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
    path: str = "auto",
) -> Tensor:
    """Correlate an image with separable kernels.

    Parameters
    ----------
    x : (batch, in_channel, band, frame) Tensor
    factors : Factors
        Kernels for `in_channel / groups` input channels.
    parts : tuple of {"real", "imag"}
        Parts of the response to compute. If empty, compute its magnitude.
    stride, padding, dilation : (int, int), optional
        Along frequency and time. Default to 1, 0 and 1. Padding is with zeros.
    groups : int, optional
        As in :func:`torch.nn.functional.conv2d`.
    path : {"auto", "time", "frequency", "dense"}, optional
        Algorithm. "time" and "frequency" use the factors, along that axis first, and need a single
        input channel. "dense" is torch's convolution with full kernels. "auto" (default) is the
        result of :func:`fastest_path`.

    Returns
    -------
    response : (batch, max(part, 1), filter, band, frame) Tensor

    Raises
    ------
    ValueError
        If the input is smaller than a kernel.
    """
    kernel_size = (factors.frequency.shape[-1], factors.envelope.shape[-1])
    size = [size + 2 * pad for size, pad in zip(x.shape[2:], padding)]
    if any(num_outputs(*axis) < 1 for axis in zip(size, kernel_size, stride, dilation)):
        raise ValueError(
            f"input of {size[0]} x {size[1]} (padding included) is smaller than a "
            f"kernel of {kernel_size[0]} x {kernel_size[1]} taps"
        )
    if path == "auto":
        path = fastest_path(x, kernel_size, stride, len(factors.frequency), parts)
    x = F.pad(x, (0, 0, padding[0], padding[0]))
    if path == "frequency":
        return frequency_first(x[:, 0], factors, parts, stride, padding[1], dilation)
    x = F.pad(x, (padding[1], padding[1]))
    frequency, time = factors.frequency.to(x.dtype), factors.time.to(x.dtype)
    both = parts or ("real", "imag")
    if path == "dense":
        response = dense(x, frequency, time, both, stride, dilation, groups)
    else:
        response = time_first(x[:, 0], frequency[:, 0], time[:, 0], both, stride, dilation)
    return response if parts else magnitude(response)[:, None]


def dense(
    x: Tensor,
    frequency: Tensor,
    time: Tensor,
    parts: tuple[str, ...],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
) -> Tensor:
    """Correlate an image, already padded, with full kernels by torch's convolution."""
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


def fastest_path(
    x: Tensor,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    num_filters: int,
    parts: tuple[str, ...],
) -> str:
    """Return the fastest path, estimated from multiply-adds: the only place that decides.

    "frequency" runs one block after the other. It is for a CPU. "time" is a few large products, for
    other devices and for compiled models. "dense" is for small kernels, for several input channels,
    and for models that are exported, since it supports any number of frames.

    Parameters
    ----------
    x : (batch, in_channel, band, frame) Tensor
    kernel_size, stride : (int, int)
        Along frequency and time.
    num_filters : int
    parts : tuple of {"real", "imag"}
        Parts of the response to compute. If empty, compute its magnitude.

    Returns
    -------
    path : {"time", "frequency", "dense"}

    >>> x, parts = torch.empty(8, 1, 64, 200), ("real", "imag")
    >>> fastest_path(x, (9, 111), stride=(1, 1), num_filters=64, parts=parts)
    'frequency'
    >>> fastest_path(x, (3, 5), stride=(1, 1), num_filters=64, parts=parts)
    'dense'
    """
    if x.shape[1] > 1 or torch.compiler.is_exporting():
        return "dense"
    num_parts = len(parts) or 2
    # per filter and element of the response
    work = {"dense": float(num_parts * kernel_size[0] * kernel_size[1])}
    if x.device.type == "cpu" and not torch.compiler.is_compiling():
        num_elements = max(1, num_filters * x.numel() / (stride[0] * stride[1]))
        work["dense"] += 0.0 if parts else MAGNITUDE
        calls = CALL * max(1, len(parts)) / num_elements
        work["frequency"] = calls + ELEMENT + TAP * kernel_size[1]
    else:
        along_time = stride[0] * (BLOCK + kernel_size[1])
        work["time"] = TIME * 2 * (along_time + num_parts * x.shape[2])
    return min(work, key=lambda path: work[path])
