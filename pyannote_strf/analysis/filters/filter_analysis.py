"""Numerical analysis of the filters of one model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pyannote_strf.analysis.filters import REFERENCE_FREQUENCY
from pyannote_strf.analysis.filters.displacement import (
    Displacement,
    PermutationTest,
    bank_test,
    displacement,
    initial_layer,
    origin_test,
    response_distances,
    responses,
)
from pyannote_strf.analysis.filters.importance import Ablation, Agreement, agreement
from pyannote_strf.analysis.filters.sounds import modulation_power
from pyannote_strf.analysis.filters.transfer import ensemble, truncation_error
from pyannote_strf.analysis.filters.units import Filters, describe, octaves_per_band
from pyannote_strf.layers.strf import STRFConv2d

# steps of the modulation plane along each axis
NUM_STEPS = 160

# measures of importance; "ablation" includes "gradient"
KINDS = ("gradient", "ablation")


@dataclass(frozen=True)
class Importance:
    """Importance of each filter for a model.

    Attributes
    ----------
    gradient : (filter,) array
        Gradient times activation.
    ablation : Ablation or None
        Errors in percent. None if ablation was not measured.
    metric : str
        Name of the error.
    """

    gradient: np.ndarray
    ablation: Ablation | None
    metric: str

    @property
    def weights(self) -> np.ndarray:
        """Importance by ablation if it was measured, by gradients otherwise: (filter,)."""
        return self.gradient if self.ablation is None else self.ablation.increase

    @property
    def agreement(self) -> Agreement | None:
        """Rank correlation of both measures, or None if ablation was not measured."""
        return None if self.ablation is None else agreement(self.gradient, self.ablation.increase)


@dataclass(frozen=True)
class FilterAnalysis:
    """Analysis of the filters of one model.

    Attributes
    ----------
    name : str
        Name of the model.
    layer : STRFConv2d
    hop : float
        Time between two frames, in seconds.
    at : float
        Frequency around which octaves are counted, in hertz.
    centres : (band,) array
        Centre frequency of each band, in hertz.
    filters, initial : Filters
        Current and initial filters.
    displacement : Displacement
    origin, bank : PermutationTest
        See :mod:`~pyannote_strf.analysis.filters.displacement`.
    rates, densities : arrays
        Axes of the modulation plane up to the Nyquist frequencies, in hertz and in cycles per
        octave.
    transfer, initial_transfer : (density, rate) array
        Mean power transfer of the current and of the initial filters.
    truncation : (filter,) array
        Largest difference between the gain of each filter in closed form and that of its kernel.
    sounds : (density, rate) array or None
        Modulation power of sounds. None without sounds.
    importance : Importance or None
        None if it was not measured.
    """

    name: str
    layer: STRFConv2d
    hop: float
    at: float
    centres: np.ndarray
    filters: Filters
    initial: Filters
    displacement: Displacement
    origin: PermutationTest
    bank: PermutationTest
    rates: np.ndarray
    densities: np.ndarray
    transfer: np.ndarray
    initial_transfer: np.ndarray
    truncation: np.ndarray
    sounds: np.ndarray | None
    importance: Importance | None


def analyse(
    name: str,
    layer: STRFConv2d,
    hop: float,
    centres: np.ndarray,
    at: float = REFERENCE_FREQUENCY,
    images: Iterable[np.ndarray] | None = None,
    importance: Importance | None = None,
) -> FilterAnalysis:
    """Analyse the filters of a layer.

    Parameters
    ----------
    name : str
        Name of the model.
    layer : STRFConv2d
        Layer with one input channel.
    hop, centres, at
        See :func:`~pyannote_strf.analysis.filters.units.describe`.
    images : iterable of (band, frame) array, optional
        Spectrograms of sounds to compare filters with.
    importance : Importance, optional

    Returns
    -------
    analysis : FilterAnalysis

    Examples
    --------
    >>> layer = STRFConv2d(1, 8, (9, 111))
    >>> analysis = analyse("untrained", layer, 0.01, 200 * 2 ** (np.arange(64) / 12))
    >>> analysis.transfer.shape
    (161, 161)
    """
    first = initial_layer(layer)
    filters, initial = (describe(each, hop, centres, at) for each in (layer, first))
    now, then = responses(layer), responses(first)
    distances = response_distances(then, now)
    octaves = octaves_per_band(centres, at)
    per_frame, per_band = np.linspace(0, 0.5, NUM_STEPS + 1), np.linspace(-0.5, 0.5, NUM_STEPS + 1)
    return FilterAnalysis(
        name=name,
        layer=layer,
        hop=hop,
        at=at,
        centres=centres,
        filters=filters,
        initial=initial,
        displacement=displacement(initial, filters, np.diagonal(distances)),
        origin=origin_test(distances),
        bank=bank_test(then, now),
        rates=per_frame / hop,
        densities=per_band / octaves,
        transfer=ensemble(layer, per_frame, per_band),
        initial_transfer=ensemble(first, per_frame, per_band),
        truncation=truncation_error(layer),
        sounds=None if images is None else modulation_power(images, NUM_STEPS),
        importance=importance,
    )
