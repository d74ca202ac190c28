"""Centres and widths of learnable bands."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Bands(NamedTuple):
    """Learnable bands, now and before training.

    All attributes are tensors of shape (channel, band), in hertz.

    Attributes
    ----------
    centres, widths : Tensor
    initial_centres, initial_widths : Tensor
    """

    centres: Tensor
    widths: Tensor
    initial_centres: Tensor
    initial_widths: Tensor


@torch.no_grad()
def power_response(real: Tensor, imag: Tensor) -> Tensor:
    """Return the mean power of the responses of complex kernels to sines of any phase.

    Parameters
    ----------
    real, imag : (kernel, tap) Tensor

    Returns
    -------
    power : (kernel, bin) Tensor
        At equally spaced frequencies from 0 to half the sample rate.

    >>> power_response(torch.ones(1, 2), torch.zeros(1, 2)).round()
    tensor([[4., 2., 0.]])
    """
    parts = torch.fft.rfft(torch.stack([real, imag]), n=2 * real.shape[-1])
    return parts.abs().square().sum(dim=0)


@torch.no_grad()
def centres_and_widths(power: Tensor, nyquist: float) -> Tensor:
    """Return the mean frequency and the equivalent rectangular width of bands.

    Parameters
    ----------
    power : (band, bin) Tensor
        Power of bands at equally spaced frequencies from 0 to half the sample rate.
    nyquist : float
        Half the sample rate, in hertz.

    Returns
    -------
    centres_and_widths : (2, band) Tensor
        In hertz. NaN for bands without power.

    >>> centres_and_widths(torch.tensor([[0.0, 1.0, 2.0, 1.0, 0.0]]), nyquist=4.0)
    tensor([[2.],
            [2.]])
    """
    frequencies = torch.linspace(0, nyquist, power.shape[-1], device=power.device)
    total = power.sum(dim=-1)
    return torch.stack([power @ frequencies / total, frequencies[1] * total / power.amax(dim=-1)])
