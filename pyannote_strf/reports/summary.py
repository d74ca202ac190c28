"""What was read, as rows, figures and sentences."""

from __future__ import annotations

from dataclasses import asdict
from typing import NamedTuple

import numpy as np

from pyannote_strf.analysis.filters.indices import (
    asymmetry,
    low_pass,
    low_share,
    marginals,
    separability,
)
from pyannote_strf.analysis.filters.reading import Importance, Reading
from pyannote_strf.analysis.filters.sounds import follows
from pyannote_strf.analysis.filters.units import DIRECTIONS

# Jensen-Shannon distance that rounding leaves
UNMOVED = 1e-3

# permutations of fewer filters cannot be as rare as that
SURE, FEWEST_FOR_ORIGIN, FEWEST_FOR_BANK = 0.05, 4, 6

# share of a filter's energy
MUCH = 0.2


def rows(reading: Reading) -> list[dict[str, float | str]]:
    """One dictionary for each filter."""
    columns = {
        **asdict(reading.filters),
        "truncation": reading.truncation,
        **asdict(reading.displacement),
    }
    if reading.importance is not None:
        columns["gradient_times_activation"] = reading.importance.gradient
        if reading.importance.ablation is not None:
            columns["error_without"] = reading.importance.ablation.increase
    values = zip(*(column.tolist() for column in columns.values()))
    return [
        {"model": reading.name, "filter": number, **dict(zip(columns, row))}
        for number, row in enumerate(values)
    ]


def quartiles(reading: Reading) -> dict[str, dict[str, float]]:
    """Medians and quartiles over filters."""
    filters, moved = reading.filters, reading.displacement
    return {
        "temporal modulation (Hz)": _quartiles(filters.rate),
        "spectral modulation (cycles / octave)": _quartiles(np.abs(filters.density)),
        "envelope (ms)": _quartiles(filters.duration),
        "envelope (octaves)": _quartiles(filters.extent),
        "energy cut": _quartiles(filters.energy_cut),
        "moved (bandwidths)": _quartiles(moved.moved),
        "change of temporal modulation (Hz)": _quartiles(np.abs(moved.rate_change)),
        "change of spectral modulation (cycles / octave)": _quartiles(np.abs(moved.density_change)),
        "change of envelope (ms)": _quartiles(np.abs(moved.duration_change)),
        "change of envelope (octaves)": _quartiles(np.abs(moved.extent_change)),
    }


def summary(reading: Reading) -> dict:
    """Quartiles, indices, and what training changed."""
    content = {
        "filters": len(reading.filters.rate),
        "hop (s)": reading.hop,
        "octaves counted around (Hz)": reading.at,
        **quartiles(reading),
        "directions": {d: int((reading.filters.direction == d).sum()) for d in DIRECTIONS},
        "moved more than one bandwidth": int((reading.displacement.moved > 1).sum()),
        "distance from its own origin": _named(reading.origin),
        "distance of the bank from its origin": _named(reading.bank),
        "indices": {
            "filters": _indices(reading.transfer, reading.rates, reading.densities),
            "filters as they began": _indices(
                reading.initial_transfer, reading.rates, reading.densities
            ),
        },
    }
    if reading.sounds is not None:
        content["indices"]["sounds"] = _indices(reading.sounds, reading.rates, reading.densities)
        content["correlation with sounds"] = {
            "filters": follows(reading.transfer, reading.sounds),
            "filters as they began": follows(reading.initial_transfer, reading.sounds),
        }
    importance = reading.importance
    if importance is not None:
        content["gradient x activation"] = _quartiles(importance.gradient)
        if importance.ablation is not None:
            content[f"{importance.metric} (%)"] = importance.ablation.error
            content["added without a filter (%)"] = _quartiles(importance.ablation.increase)
            content["rank correlation of gradients with it"] = _named(importance.agreement)
    return content


def findings(reading: Reading) -> list[str]:
    """Sentences that a person can quote."""
    lines = [*_on_moves(reading), *_on_responses(reading)]
    if reading.importance is not None:
        lines += _on_importance(reading.importance)
    return lines


def _on_moves(reading: Reading) -> list[str]:
    moved, origin, bank = reading.displacement.moved, reading.origin, reading.bank
    count = len(moved)
    if reading.displacement.distance.max() < UNMOVED:
        return [f"All {count} filters are where they began."]
    lines = [
        f"{(moved > 1).sum()} of {count} filters moved more than one bandwidth; the median filter "
        f"moved {np.median(moved):.2f} bandwidths."
    ]
    own = f"On average, a filter responds at a distance of {origin.observed:.2f} from what it began with"
    if count < FEWEST_FOR_ORIGIN:
        lines.append(f"{own} (Jensen-Shannon, 0 to 1).")
    else:
        told = "it still shows" if origin.p < SURE else "that does not tell"
        lines.append(
            f"{own}, and of {origin.by_chance:.2f} from what others began with (Jensen-Shannon, 0 to "
            f"1): {told} where it began (p = {origin.p:.2g})."
        )
    if count >= FEWEST_FOR_BANK:
        told = (
            "The bank as a whole has changed"
            if bank.p < SURE
            else "A change of the bank as a whole cannot be told from its filters' wandering"
        )
        lines.append(
            f"{told}: distance {bank.observed:.2f}, {bank.by_chance:.2f} by chance (p = {bank.p:.2g})."
        )
    return lines


def _on_responses(reading: Reading) -> list[str]:
    filters = reading.filters
    rate, density = np.median(filters.rate), np.median(np.abs(filters.density))
    lines = [
        f"The median filter responds best to {rate:.1f} Hz and {density:.2f} cycles per octave "
        f"(around {reading.at:g} Hz).",
    ]
    cut = int((filters.energy_cut > MUCH).sum())
    if cut:
        lines.append(
            f"{cut} of {len(filters.rate)} filters lose more than {100 * MUCH:.0f} % of their energy at the "
            "ends of their kernels: they respond to a wider range than their numbers say."
        )
    if reading.sounds is not None:
        now, then = (
            follows(t, reading.sounds) for t in (reading.transfer, reading.initial_transfer)
        )
        lines.append(
            f"Transfer of the filters and power of the sounds correlate by {now:.2f} (in decibels, over "
            f"the modulation plane); as filters began, by {then:.2f}."
        )
    return lines


def _on_importance(importance: Importance) -> list[str]:
    gradient = importance.gradient
    count, most = len(gradient), int(np.argmax(gradient))
    upper = np.sort(gradient)[-max(1, round(count / 10)) :].sum() / gradient.sum()
    lines = [
        f"By gradients, filter {most} matters most, and a tenth of the filters hold {100 * upper:.0f} % of "
        "the importance."
    ]
    if importance.ablation is not None:
        error, increase = importance.ablation
        needed, ranks = int(np.argmax(increase)), importance.agreement
        lines += [
            f"Without filter {needed}, which adds most, {importance.metric} goes from {error:.2f} to "
            f"{error + increase[needed]:.2f} %; {(increase <= 0).sum()} of {count} can be left out, one at "
            "a time, without any error being added.",
            f"Gradients foretell that with a rank correlation of {ranks.correlation:.2f} "
            f"(p = {ranks.p:.2g}).",
        ]
    return lines


def _indices(power: np.ndarray, rates: np.ndarray, densities: np.ndarray) -> dict[str, float]:
    """See :mod:`~pyannote_strf.analysis.filters.indices`."""
    temporal, spectral = marginals(power)
    middle = len(densities) // 2
    return {
        "separability": separability(power),
        "separability (squared singular values)": separability(power, order=2),
        "temporal low-pass": low_pass(temporal),
        "spectral low-pass": low_pass(spectral[middle:] + spectral[middle::-1]),
        "share below 16 Hz and 2 cycles / octave": low_share(power, rates, densities),
        "asymmetry": asymmetry(power),
    }


def _quartiles(values: np.ndarray) -> dict[str, float]:
    names = ("lower quartile", "median", "upper quartile")
    return {n: round(float(v), 6) for n, v in zip(names, np.percentile(values, (25, 50, 75)))}


def _named(figures: NamedTuple) -> dict[str, float | None]:
    """JSON knows no figure that is not a number."""
    return {name: None if np.isnan(v) else v for name, v in figures._asdict().items()}
