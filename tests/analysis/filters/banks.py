"""Banks of filters with known parameters."""

import numpy as np
import torch

from pyannote_strf import STRFConv2d

HOP = 0.01
# 12 bands per octave
SEMITONES = 100 * 2 ** (np.arange(64) / 12)


def bank(rates, densities, sigma_t=12.0, sigma_f=4.0, size=(33, 111)):
    """Return a filter for each rate (hertz) and density (cycles per octave, positive if rising)."""
    rate, density = (grid.ravel() for grid in np.meshgrid(rates, densities, indexing="ij"))
    a, b = 2 * np.pi * rate * HOP, -2 * np.pi * density / 12
    layer = STRFConv2d(1, len(a), size, padding=(size[0] // 2, size[1] // 2))
    ones = np.ones_like(a)
    values = (sigma_t * ones, sigma_f * ones, np.hypot(a, b), np.arctan2(b, a))
    layer.assign(*(torch.tensor(value, dtype=torch.float32)[:, None] for value in values))
    return layer, rate, density
