"""Spectro-temporal Gabor kernels as separable factors.

The Gaussian of :class:`~pyannote_strf.layers.strf.STRFConv2d` is axis-aligned and its
carrier is a plane wave, so every complex kernel is the outer product of one complex factor
in frequency and one in time.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

# Gaussian tails underflow into subnormal numbers, with which a convolution on a CPU takes three to
# five times as long. Values below this magnitude are set to zero, with their gradient.
SMALLEST_TAP = 1e-30


def zero_tiny(x: Tensor) -> Tensor:
    """Set values below `SMALLEST_TAP` in magnitude to zero, with their gradient.

    >>> zero_tiny(torch.tensor([1.0, 1e-31, -1e-40]))
    tensor([1., 0., -0.])
    """
    return x * (x.abs() >= SMALLEST_TAP)


def centred_grid(num_taps: int) -> Tensor:
    """Return taps at -(K-1)/2 ... (K-1)/2, in steps of one.

    >>> centred_grid(4)
    tensor([-1.5000, -0.5000,  0.5000,  1.5000])
    """
    return torch.arange(num_taps) - (num_taps - 1) / 2


def gabor_factor(grid: Tensor, sigma: Tensor, omega: Tensor, width_offset: float = 0.0) -> Tensor:
    """Compute a one-dimensional complex Gabor function, one axis of a spectro-temporal kernel.

    `exp(-x^2 / 2 (sigma + width_offset)^2) / (sqrt(2 pi) sigma) * exp(i omega x)`

    Parameters
    ----------
    grid : (tap,) Tensor
        Position of the taps, in bins.
    sigma : (...) Tensor
        Width of the Gaussian, in bins.
    omega : (...) Tensor
        Modulation frequency along this axis, in radians per bin.
    width_offset : float, optional
        Added to the width in the exponent only, in bins. Defaults to 0.

    Returns
    -------
    factor : (..., 2, tap) Tensor
        Real, then imaginary part. No value is subnormal.
    """
    sigma, omega = sigma[..., None], omega[..., None]
    envelope = torch.exp(-((grid / (sigma + width_offset)) ** 2) / 2)
    envelope = envelope / (math.sqrt(2 * math.pi) * sigma)
    phase = omega * grid
    return zero_tiny(torch.stack([envelope * phase.cos(), envelope * phase.sin()], dim=-2))


def dense_kernels(frequency: Tensor, time: Tensor, parts: tuple[str, ...]) -> Tensor:
    """Compute full kernels from their two factors.

    Parameters
    ----------
    frequency : (..., 2, frequency_tap) Tensor
        Real and imaginary parts of the factors in frequency.
    time : (..., 2, time_tap) Tensor
        Real and imaginary parts of the factors in time.
    parts : tuple of {"real", "imag"}
        Which parts of the kernels to compute.

    Returns
    -------
    kernels : (part, ..., frequency_tap, time_tap) Tensor
        No value is subnormal.
    """
    f_real, f_imag = frequency[..., :, None].unbind(-3)
    t_real, t_imag = time[..., None, :].unbind(-3)
    products = {
        "real": lambda: f_real * t_real - f_imag * t_imag,
        "imag": lambda: f_real * t_imag + f_imag * t_real,
    }
    return zero_tiny(torch.stack([products[part]() for part in parts]))
