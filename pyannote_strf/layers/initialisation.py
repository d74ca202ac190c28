"""Where spectro-temporal filters start from."""

from __future__ import annotations

import math

import torch
from torch import Tensor

FourParameters = tuple[Tensor, Tensor, Tensor, Tensor]


def published(like: Tensor) -> FourParameters:
    """As Riad et al. (2021) draw them.

    `omega` is pi/2 * 1.41^-U(0, 5), `gamma` uniform on the circle, widths 2 * 1.41^U(0, 6).

    Parameters
    ----------
    like : Tensor
        Gives shape, dtype and device.

    Returns
    -------
    sigma_t, sigma_f, omega, gamma : Tensor
    """
    sigma_t = 2 * 1.41 ** (6 * torch.rand_like(like))
    sigma_f = 2 * 1.41 ** (6 * torch.rand_like(like))
    omega = math.pi / 2 * 1.41 ** (-5 * torch.rand_like(like))
    gamma = math.pi * (2 * torch.rand_like(like) - 1)
    return sigma_t, sigma_f, omega, gamma


def uniform(like: Tensor) -> FourParameters:
    """Modulation frequencies uniform between -pi/2 and pi/2 along each axis, widths as published."""
    sigma_t, sigma_f, _, _ = published(like)
    temporal = math.pi * (torch.rand_like(like) - 0.5)
    spectral = math.pi * (torch.rand_like(like) - 0.5)
    return sigma_t, sigma_f, torch.hypot(temporal, spectral), torch.atan2(spectral, temporal)


INITIALISATIONS = {"published": published, "uniform": uniform}
