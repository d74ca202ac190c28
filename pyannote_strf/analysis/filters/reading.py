"""All that is read out of one model's filters, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pyannote_strf.analysis.filters.displacement import (
    Displacement,
    PermutationTest,
    as_it_began,
    bank_test,
    displacement,
    origin_test,
    response_distances,
    responses,
)
from pyannote_strf.analysis.filters.importance import Ablation, Agreement, agreement
from pyannote_strf.analysis.filters.sounds import modulation_power
from pyannote_strf.analysis.filters.transfer import ensemble, truncation_error
from pyannote_strf.analysis.filters.units import Filters, describe, octaves_per_band
from pyannote_strf.layers.strf import STRFConv2d

# of the modulation plane, along each axis
NUM_STEPS = 160

# ways in which importance is measured: the second gives both
KINDS = ("gradient", "ablation")


@dataclass(frozen=True)
class Importance:
    """How much a model needs each of its filters.

    Attributes
    ----------
    gradient : (filter,) array
        Gradient times activation.
    ablation : Ablation or None
    metric : str
        What the error is, in percent.
    """

    gradient: np.ndarray
    ablation: Ablation | None
    metric: str

    @property
    def weights(self) -> np.ndarray:
        """By ablation where that was done, by gradient otherwise."""
        return self.gradient if self.ablation is None else self.ablation.increase

    @property
    def agreement(self) -> Agreement | None:
        """Of both, where both were measured."""
        return None if self.ablation is None else agreement(self.gradient, self.ablation.increase)


@dataclass(frozen=True)
class Reading:
    """What one model has learned.

    Attributes
    ----------
    name : str
    layer : STRFConv2d
    hop, at : float
        Time between two frames in seconds, frequency around which octaves are counted in hertz.
    centres : (band,) array
        In hertz.
    filters, initial : Filters
        Now, and as they began.
    displacement : Displacement
    origin, bank : PermutationTest
        See :mod:`~pyannote_strf.analysis.filters.displacement`.
    rates, densities : arrays
        The modulation plane up to its Nyquist frequencies, in hertz and in cycles per octave.
    transfer, initial_transfer : (density, rate) array
        Mean power transfer of the filters, now and as they began.
    truncation : (filter,) array
        Largest difference of gain between each filter in closed form and its kernel.
    sounds : (density, rate) array or None
        Modulation power of the sounds.
    importance : Importance or None
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


def read(
    name: str,
    layer: STRFConv2d,
    hop: float,
    centres: np.ndarray,
    at: float = 1000.0,
    images: Iterable[np.ndarray] | None = None,
    importance: Importance | None = None,
) -> Reading:
    """Read what a layer has learned.

    Parameters
    ----------
    name : str
        Of the model.
    layer : STRFConv2d
        With one input channel.
    hop, centres, at
        See :func:`~pyannote_strf.analysis.filters.units.describe`.
    images : iterable of (band, frame) array, optional
        Spectrograms of sounds to hold filters against.
    importance : Importance, optional

    Returns
    -------
    reading : Reading

    Examples
    --------
    >>> layer = STRFConv2d(1, 8, (9, 111))
    >>> reading = read("untrained", layer, 0.01, 200 * 2 ** (np.arange(64) / 12))
    >>> reading.transfer.shape
    (161, 161)
    """
    first = as_it_began(layer)
    filters, initial = (describe(of, hop, centres, at) for of in (layer, first))
    now, then = responses(layer), responses(first)
    distances = response_distances(then, now)
    octaves = octaves_per_band(centres, at)
    per_frame, per_band = np.linspace(0, 0.5, NUM_STEPS + 1), np.linspace(-0.5, 0.5, NUM_STEPS + 1)
    return Reading(
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
