"""Displacement of learnable bands during training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from pyannote_strf.layers.bands import Bands


@dataclass(frozen=True)
class BandMoves:
    """Change of each band during training. All attributes are arrays of shape (band,).

    Attributes
    ----------
    channel, band : array of int
        Place of the band in the spectrogram.
    centre, width, initial_centre, initial_width : array of float
        In hertz.
    centre_change : array of float
        In hertz.
    width_ratio : array of float
        Width, relative to the initial width.
    moved : array of float
        Distance between the centre and the initial centre, in initial widths.
    """

    channel: np.ndarray
    band: np.ndarray
    centre: np.ndarray
    width: np.ndarray
    initial_centre: np.ndarray
    initial_width: np.ndarray
    centre_change: np.ndarray
    width_ratio: np.ndarray
    moved: np.ndarray


def band_moves(bands: Bands) -> BandMoves:
    """Compare bands with their initial state.

    Examples
    --------
    >>> import torch
    >>> moves = band_moves(Bands(*torch.tensor([[[130.0]], [[40.0]], [[100.0]], [[20.0]]])))
    >>> moves.moved, moves.width_ratio
    (array([1.5]), array([2.]))
    """
    channel, band = np.indices(bands.centres.shape).reshape(2, -1)
    centre, width, initial_centre, initial_width = map(_flat, bands)
    return BandMoves(
        channel=channel,
        band=band,
        centre=centre,
        width=width,
        initial_centre=initial_centre,
        initial_width=initial_width,
        centre_change=centre - initial_centre,
        width_ratio=width / initial_width,
        moved=np.abs(centre - initial_centre) / initial_width,
    )


def _flat(values: Tensor) -> np.ndarray:
    return values.detach().flatten().cpu().double().numpy()
