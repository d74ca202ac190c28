"""All that is read out of one model's filters, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

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
from pyannote_strf.analysis.filters.indices import (
    asymmetry,
    low_pass,
    low_share,
    marginals,
    separability,
)
from pyannote_strf.analysis.filters.sounds import follows, modulation_power
from pyannote_strf.analysis.filters.transfer import ensemble, truncation_error
from pyannote_strf.analysis.filters.units import DIRECTIONS, Filters, describe, octaves_per_band
from pyannote_strf.layers.strf import STRFConv2d

# of the modulation plane, along each axis
NUM_STEPS = 160


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

    def rows(self) -> list[dict[str, float | str]]:
        """One dictionary for each filter."""
        moved = [
            dict(zip(asdict(self.displacement), row))
            for row in zip(*(values.tolist() for values in asdict(self.displacement).values()))
        ]
        rows = [
            {"model": self.name, "filter": number, **now, "truncation": error, **change}
            for number, (now, error, change) in enumerate(
                zip(self.filters.rows(), self.truncation.tolist(), moved)
            )
        ]
        if self.importance is not None:
            for row, gradient in zip(rows, self.importance.gradient.tolist()):
                row["gradient_times_activation"] = gradient
        if self.importance is not None and self.importance.ablation is not None:
            for row, increase in zip(rows, self.importance.ablation.increase.tolist()):
                row["error_without"] = increase
        return rows

    def quartiles(self) -> dict[str, dict[str, float]]:
        """Medians and quartiles over filters."""
        filters, moved = self.filters, self.displacement
        return {
            "temporal modulation (Hz)": quartiles(filters.rate),
            "spectral modulation (cycles / octave)": quartiles(np.abs(filters.density)),
            "envelope (ms)": quartiles(filters.duration),
            "envelope (octaves)": quartiles(filters.extent),
            "energy cut": quartiles(filters.energy_cut),
            "moved (bandwidths)": quartiles(moved.moved),
            "change of temporal modulation (Hz)": quartiles(np.abs(moved.rate_change)),
            "change of spectral modulation (cycles / octave)": quartiles(
                np.abs(moved.density_change)
            ),
            "change of envelope (ms)": quartiles(np.abs(moved.duration_change)),
            "change of envelope (octaves)": quartiles(np.abs(moved.extent_change)),
        }

    def summary(self) -> dict:
        """Quartiles, indices, and what training changed."""
        content = {
            "filters": len(self.filters.rate),
            "hop (s)": self.hop,
            "octaves counted around (Hz)": self.at,
            **self.quartiles(),
            "directions": {d: int((self.filters.direction == d).sum()) for d in DIRECTIONS},
            "moved more than one bandwidth": int((self.displacement.moved > 1).sum()),
            "distance from its own origin": self.origin._asdict(),
            "distance of the bank from its origin": self.bank._asdict(),
            "indices": {
                "filters": indices(self.transfer, self.rates, self.densities),
                "filters as they began": indices(self.initial_transfer, self.rates, self.densities),
            },
        }
        if self.sounds is not None:
            content["indices"]["sounds"] = indices(self.sounds, self.rates, self.densities)
            content["correlation with sounds"] = {
                "filters": follows(self.transfer, self.sounds),
                "filters as they began": follows(self.initial_transfer, self.sounds),
            }
        if self.importance is not None and self.importance.ablation is not None:
            content[f"{self.importance.metric} (%)"] = self.importance.ablation.error
            content["rank correlation of gradients with ablation"] = (
                self.importance.agreement._asdict()
            )
        return content

    def findings(self) -> list[str]:
        """Sentences that a person can quote."""
        count, moved = len(self.filters.rate), self.displacement.moved
        rate, density = np.median(self.filters.rate), np.median(np.abs(self.filters.density))
        lines = [
            f"{(moved > 1).sum()} of {count} filters moved more than one bandwidth; the median filter "
            f"moved {np.median(moved):.2f} bandwidths.",
            "On average, a filter responds at a distance of "
            f"{self.origin.observed:.2f} from what it began with, and of {self.origin.by_chance:.2f} "
            "from what others began with (Jensen-Shannon, 0 to 1): it "
            + ("still shows" if self.origin.p < 0.05 else "no longer shows")
            + f" where it began (p = {self.origin.p:.2g}).",
            f"The bank as a whole {'has' if self.bank.p < 0.05 else 'has not measurably'} changed: "
            f"distance {self.bank.observed:.2f}, {self.bank.by_chance:.2f} by chance (p = {self.bank.p:.2g}).",
            f"The median filter responds best to {rate:.1f} Hz and {density:.2f} cycles per octave "
            f"(around {self.at:g} Hz).",
        ]
        if self.sounds is not None:
            now, then = (follows(t, self.sounds) for t in (self.transfer, self.initial_transfer))
            lines.append(
                f"Filters respond where sounds have power, with a correlation of {now:.2f}; as they "
                f"began, it was {then:.2f}."
            )
        if self.importance is not None and self.importance.ablation is not None:
            ablation, ranks = self.importance.ablation, self.importance.agreement
            needed = int(np.argmax(ablation.increase))
            lines.append(
                f"Without its most needed filter (number {needed}), {self.importance.metric} goes from "
                f"{ablation.error:.2f} to {ablation.error + ablation.increase[needed]:.2f} %; "
                f"{(ablation.increase <= 0).sum()} of {count} can be left out, one at a time, without "
                "any error being added."
            )
            lines.append(
                f"Gradients foretell that with a rank correlation of {ranks.correlation:.2f} "
                f"(p = {ranks.p:.2g})."
            )
        return lines


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
    >>> reading.findings()[0]
    '0 of 8 filters moved more than one bandwidth; the median filter moved 0.00 bandwidths.'
    """
    first = as_it_began(layer)
    octaves = octaves_per_band(centres, at)
    per_frame, per_band = np.linspace(0, 0.5, NUM_STEPS + 1), np.linspace(-0.5, 0.5, NUM_STEPS + 1)
    return Reading(
        name=name,
        layer=layer,
        hop=hop,
        at=at,
        centres=centres,
        filters=describe(layer, hop, centres, at),
        initial=describe(first, hop, centres, at),
        displacement=displacement(first, layer, hop, centres, at),
        origin=origin_test(response_distances(first, layer)),
        bank=bank_test(responses(first), responses(layer)),
        rates=per_frame / hop,
        densities=per_band / octaves,
        transfer=ensemble(layer, per_frame, per_band),
        initial_transfer=ensemble(first, per_frame, per_band),
        truncation=truncation_error(layer),
        sounds=None if images is None else modulation_power(images, NUM_STEPS),
        importance=importance,
    )


def indices(power: np.ndarray, rates: np.ndarray, densities: np.ndarray) -> dict[str, float]:
    """See :mod:`~pyannote_strf.analysis.filters.indices`."""
    temporal, spectral = marginals(power)
    middle = len(densities) // 2
    return {
        "separability": separability(power),
        "temporal low-pass": low_pass(temporal),
        "spectral low-pass": low_pass(spectral[middle:] + spectral[middle::-1]),
        "share below 16 Hz and 2 cycles / octave": low_share(power, rates, densities),
        "asymmetry": asymmetry(power),
    }


def quartiles(values: np.ndarray) -> dict[str, float]:
    names = ("lower quartile", "median", "upper quartile")
    return {n: round(float(v), 6) for n, v in zip(names, np.percentile(values, (25, 50, 75)))}
