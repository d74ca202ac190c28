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


def gaussian(grid: Tensor, sigma: Tensor, width_offset: float = 0.0) -> Tensor:
    """Compute Gaussians, one axis of the envelope of spectro-temporal kernels.

    `exp(-x^2 / 2 (sigma + width_offset)^2) / (sqrt(2 pi) sigma)`

    Parameters
    ----------
    grid : (tap,) Tensor
        Position of the taps, in bins.
    sigma : (...) Tensor
        Width of the Gaussian, in bins.
    width_offset : float, optional
        Added to the width in the exponent only, in bins. Defaults to 0.

    Returns
    -------
    envelope : (..., tap) Tensor
        No value is subnormal.
    """
    sigma = sigma[..., None]
    envelope = torch.exp(-((grid / (sigma + width_offset)) ** 2) / 2)
    return zero_tiny(envelope / (math.sqrt(2 * math.pi) * sigma))


def modulate(envelope: Tensor, grid: Tensor, omega: Tensor) -> Tensor:
    """Multiply an envelope by the carrier `exp(i omega x)`.

    Parameters
    ----------
    envelope : (..., tap) Tensor
    grid : (tap,) Tensor
        Position of the taps, in bins.
    omega : (...) Tensor
        Modulation frequency along this axis, in radians per bin.

    Returns
    -------
    factor : (..., 2, tap) Tensor
        Real, then imaginary part. No value is subnormal.
    """
    phase = omega[..., None] * grid
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
