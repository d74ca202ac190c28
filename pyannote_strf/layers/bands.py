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
def half_power_bands(power: Tensor, nyquist: float) -> Tensor:
    """Return the centre and the width of the half-power region around the maximum of each band.

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

    >>> half_power_bands(torch.tensor([[0.0, 1.0, 4.0, 1.0, 0.0]]), nyquist=4.0)
    tensor([[2.0000],
            [1.3333]])
    """
    last = power.shape[-1] - 1
    bins = torch.arange(last + 1, device=power.device)
    highest, peak = power.max(dim=-1, keepdim=True)
    half = highest / 2
    below = power < half
    left = torch.where(below & (bins < peak), bins, -1).amax(dim=-1, keepdim=True)
    right = torch.where(below & (bins > peak), bins, last + 1).amin(dim=-1, keepdim=True)
    low = torch.where(left < 0, 0.0, _crossing(power, half, left, left + 1))
    high = torch.where(right > last, last, _crossing(power, half, right, right - 1))
    edges = torch.cat([low, high], dim=-1) * nyquist / last
    edges = edges.where(highest > 0, torch.nan)
    return torch.stack([edges.mean(dim=-1), edges.diff(dim=-1)[:, 0]])


def _crossing(power: Tensor, level: Tensor, outer: Tensor, inner: Tensor) -> Tensor:
    """Return the bin, interpolated, at which power reaches a level between two bins: (band, 1)."""
    last = power.shape[-1] - 1
    outside, inside = (power.gather(-1, each.clamp(0, last)) for each in (outer, inner))
    return outer + (inner - outer) * (level - outside) / (inside - outside)
