"""The layer that was released with the paper of Riad et al. (2021).

R. Riad, J. Karadayi, A.-C. Bachoud-Levi and E. Dupoux, "Learning spectro-temporal representations
of complex sounds with parameterized neural networks", JASA 150(1), 2021 (arXiv 2103.07125).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

NAMES = ("theta", "gamma", "psi", "freq", "sigma_x", "sigma_y", "weight")

# added to the widths, in the exponent only
WIDTH_OFFSET = 1e-3


class PublishedLayer(NamedTuple):
    """What the outputs of a published layer depend on.

    Attributes
    ----------
    kernel_size : (int, int)
        Bands and frames.
    sigma_t, sigma_f, omega, gamma : (out_channels, in_channels / groups) Tensor
        In frames, bands, radians per bin and radians.
    """

    kernel_size: tuple[int, int]
    sigma_t: Tensor
    sigma_f: Tensor
    omega: Tensor
    gamma: Tensor


def read_published(state_dict: Mapping[str, Tensor]) -> PublishedLayer:
    """Read the state dict of a published layer.

    Raises
    ------
    ValueError
        If an entry is missing or a width is not positive.
    """
    missing = [name for name in NAMES if name not in state_dict]
    if missing:
        raise ValueError(f"not a published STRF layer: {', '.join(missing)} missing")
    for name in ("sigma_x", "sigma_y"):
        flipped = (state_dict[name].flatten() <= 0).nonzero().flatten().tolist()
        if flipped:
            raise ValueError(
                f"{name} of filters {', '.join(map(str, flipped))} is not positive: the published "
                "layer flipped their sign; negate it, and the weights that read these filters"
            )
    *shape, num_bands, num_frames = state_dict["weight"].shape
    # `sigma_x` goes with frequency, `sigma_y` with time
    names = ("sigma_y", "sigma_x", "freq", "gamma")
    parameters = (state_dict[name].reshape(shape) for name in names)
    return PublishedLayer((num_bands, num_frames), *parameters)


def published_grid(num_taps: int) -> Tensor:
    """Return the taps of the published layer, off centre and in steps larger than one.

    >>> published_grid(9)
    tensor([-4.0000, -2.8750, -1.7500, -0.6250,  0.5000,  1.6250,  2.7500,  3.8750,
             5.0000])
    """
    half = math.ceil(num_taps / 2)
    return torch.linspace(-half + 1, half, num_taps)
