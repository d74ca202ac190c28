"""Spectro-temporal filters of a model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from torch import nn

from pyannote_strf.frontends.filtered import FilteredSpectrogram
from pyannote_strf.layers.strf import STRFConv2d


class ModelFilters(NamedTuple):
    """Filters of a model, and the time step and centre frequencies of its spectrogram.

    Attributes
    ----------
    layer : STRFConv2d
    hop : float
        Time between two frames, in seconds.
    centres : (band,) array
        Centre frequency of each band, in hertz.
    """

    layer: STRFConv2d
    hop: float
    centres: np.ndarray


def filters_in(model: nn.Module) -> ModelFilters | None:
    """Return the filters of a model.

    Returns
    -------
    filters : ModelFilters or None
        None if the front-end has no spectro-temporal filters, if its spectrogram has several
        channels, or if its bands have no centre frequency.

    >>> from pyannote_strf import STRFPyanNet
    >>> filters_in(STRFPyanNet()).hop
    0.01
    >>> filters_in(STRFPyanNet(frontend="mel")) is None
    True
    """
    frontend = getattr(model, "frontend", None)
    if not isinstance(frontend, FilteredSpectrogram):
        return None
    layer, image = frontend.filters, frontend.spectrogram
    if not isinstance(layer, STRFConv2d) or layer.in_channels > 1 or image.centres is None:
        return None
    centres = image.centres.cpu().double().numpy()
    return ModelFilters(layer, image.hop_length / image.sample_rate, centres)
