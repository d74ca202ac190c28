"""Parameters of spectro-temporal filters in physical units."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor


class PhysicalParameters(NamedTuple):
    """Parameters of spectro-temporal filters, in physical units.

    Attributes
    ----------
    temporal_modulation : (out_channels, in_channels) Tensor
        In hertz.
    spectral_modulation : (out_channels, in_channels, band) Tensor
        In cycles per octave, around each band: bands are not equally spaced in octaves.
    duration : (out_channels, in_channels) Tensor
        Width (standard deviation) of the Gaussian in time, in seconds.
    bandwidth : (out_channels, in_channels, band) Tensor
        Width (standard deviation) of the Gaussian in frequency, in octaves, around each band.
    """

    temporal_modulation: Tensor
    spectral_modulation: Tensor
    duration: Tensor
    bandwidth: Tensor


def physical_parameters(
    sigma_t: Tensor, sigma_f: Tensor, omega: Tensor, gamma: Tensor, hop: float, centres: Tensor
) -> PhysicalParameters:
    """Convert parameters from frames and bands to seconds, hertz and octaves.

    Parameters
    ----------
    sigma_t, sigma_f, omega, gamma : (out_channels, in_channels) Tensor
        See :class:`~pyannote_strf.layers.strf.STRFConv2d`.
    hop : float
        Time between two frames, in seconds.
    centres : (band,) Tensor
        Centre frequency of each band, in hertz, all positive.

    Examples
    --------
    >>> filters = torch.tensor([3.0, 2.0, math.pi / 5, 0.0]).reshape(4, 1, 1)
    >>> physical_parameters(*filters, 0.01, torch.tensor([500.0, 1000.0, 2000.0]))[0]
    tensor([[10.]])
    """
    (octaves_per_band,) = torch.gradient(torch.log2(centres))
    cycles_per_band = omega * gamma.sin() / (2 * math.pi)
    cycles_per_frame = omega * gamma.cos() / (2 * math.pi)
    return PhysicalParameters(
        temporal_modulation=cycles_per_frame / hop,
        spectral_modulation=cycles_per_band[..., None] / octaves_per_band,
        duration=sigma_t * hop,
        bandwidth=sigma_f[..., None] * octaves_per_band,
    )
