"""Initial parameters of spectro-temporal filters."""

from __future__ import annotations

import math

import torch
from torch import Tensor

FourParameters = tuple[Tensor, Tensor, Tensor, Tensor]


def published(like: Tensor) -> FourParameters:
    """Draw parameters as Riad et al. (2021) do.

    `omega` is pi/2 * 1.41^-U(0, 5), `gamma` is uniform on the circle, and both widths are
    2 * 1.41^U(0, 6).

    Parameters
    ----------
    like : Tensor
        Tensor with the shape, dtype and device of each parameter.

    Returns
    -------
    sigma_t, sigma_f, omega, gamma : Tensor
        In frames, bands, radians per bin and radians.
    """
    sigma_t = 2 * 1.41 ** (6 * torch.rand_like(like))
    sigma_f = 2 * 1.41 ** (6 * torch.rand_like(like))
    omega = math.pi / 2 * 1.41 ** (-5 * torch.rand_like(like))
    gamma = math.pi * (2 * torch.rand_like(like) - 1)
    return sigma_t, sigma_f, omega, gamma


def uniform(like: Tensor) -> FourParameters:
    """Draw modulation frequencies uniformly in (-pi/2, pi/2) along each axis.

    Widths, arguments and results are those of :func:`published`.
    """
    sigma_t, sigma_f, _, _ = published(like)
    temporal = math.pi * (torch.rand_like(like) - 0.5)
    spectral = math.pi * (torch.rand_like(like) - 0.5)
    return sigma_t, sigma_f, torch.hypot(temporal, spectral), torch.atan2(spectral, temporal)


INITIALISATIONS = {"published": published, "uniform": uniform}
