"""Results of an analysis as rows, numbers and sentences."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from pyannote_strf.analysis.filters.filter_analysis import FilterAnalysis, Importance
from pyannote_strf.analysis.filters.indices import (
    asymmetry,
    low_pass,
    low_share,
    marginals,
    separability,
)
from pyannote_strf.analysis.filters.sounds import decibel_correlation
from pyannote_strf.analysis.filters.units import DIRECTIONS
from pyannote_strf.reports.part import quartiles_of

# smaller Jensen-Shannon distances are rounding errors
MIN_DISTANCE = 1e-3

# with fewer filters, permutation tests cannot reach this significance level
SIGNIFICANCE_LEVEL, MIN_FILTERS_FOR_ORIGIN, MIN_FILTERS_FOR_BANK = 0.05, 4, 6

# share of a filter's energy whose loss is reported
MAX_ENERGY_CUT = 0.2


def rows(analysis: FilterAnalysis) -> list[dict[str, float | str]]:
    """Return the properties of each filter as a dictionary."""
    columns = {
        **asdict(analysis.filters),
        "truncation": analysis.truncation,
        **asdict(analysis.displacement),
    }
    if analysis.importance is not None:
        columns["gradient_times_activation"] = analysis.importance.gradient
        if analysis.importance.ablation is not None:
            columns["error_without"] = analysis.importance.ablation.increase
    values = zip(*(column.tolist() for column in columns.values()))
    return [
        {"model": analysis.name, "filter": number, **dict(zip(columns, row))}
        for number, row in enumerate(values)
    ]


def quartiles(analysis: FilterAnalysis) -> dict[str, dict[str, float]]:
    """Return the median and the quartiles of each property over filters."""
    filters, moved = analysis.filters, analysis.displacement
    return {
        "temporal modulation (Hz)": quartiles_of(filters.rate),
        "spectral modulation (cycles / octave)": quartiles_of(np.abs(filters.density)),
        "envelope (ms)": quartiles_of(filters.duration),
        "envelope (octaves)": quartiles_of(filters.extent),
        "energy cut": quartiles_of(filters.energy_cut),
        "moved (bandwidths)": quartiles_of(moved.moved),
        "change of temporal modulation (Hz)": quartiles_of(np.abs(moved.rate_change)),
        "change of spectral modulation (cycles / octave)": quartiles_of(
            np.abs(moved.density_change)
        ),
        "change of envelope (ms)": quartiles_of(np.abs(moved.duration_change)),
        "change of envelope (octaves)": quartiles_of(np.abs(moved.extent_change)),
    }


def summary(analysis: FilterAnalysis) -> dict[str, Any]:
    """Return quartiles, indices, and the effects of training, for JSON."""
    indices = {
        "filters": _indices(analysis.transfer, analysis.rates, analysis.densities),
        "initial filters": _indices(analysis.initial_transfer, analysis.rates, analysis.densities),
    }
    content = {
        "filters": len(analysis.filters.rate),
        "hop (s)": analysis.hop,
        "octaves counted around (Hz)": analysis.at,
        **quartiles(analysis),
        "directions": {d: int((analysis.filters.direction == d).sum()) for d in DIRECTIONS},
        "moved more than one bandwidth": int((analysis.displacement.moved > 1).sum()),
        "distance from its own origin": analysis.origin._asdict(),
        "distance of the bank from its origin": analysis.bank._asdict(),
        "indices": indices,
    }
    if analysis.sounds is not None:
        indices["sounds"] = _indices(analysis.sounds, analysis.rates, analysis.densities)
        content["correlation with sounds"] = {
            "filters": decibel_correlation(analysis.transfer, analysis.sounds),
            "initial filters": decibel_correlation(analysis.initial_transfer, analysis.sounds),
        }
    importance = analysis.importance
    if importance is not None:
        content["gradient x activation"] = quartiles_of(importance.gradient)
        if importance.ablation is not None and importance.agreement is not None:
            content[f"{importance.metric} (%)"] = importance.ablation.error
            content["added without a filter (%)"] = quartiles_of(importance.ablation.increase)
            content["rank correlation of gradients with it"] = importance.agreement._asdict()
    return content


def findings(analysis: FilterAnalysis) -> list[str]:
    """Return the results as sentences."""
    lines = [*_on_moves(analysis), *_on_responses(analysis)]
    if analysis.importance is not None:
        lines += _on_importance(analysis.importance)
    return lines


def _on_moves(analysis: FilterAnalysis) -> list[str]:
    moved, origin, bank = analysis.displacement.moved, analysis.origin, analysis.bank
    count = len(moved)
    if analysis.displacement.distance.max() < MIN_DISTANCE:
        return [f"All {count} filters are unchanged."]
    lines = [
        f"{(moved > 1).sum()} of {count} filters moved more than one bandwidth; the median filter "
        f"moved {np.median(moved):.2f} bandwidths."
    ]
    mean = f"The mean distance between initial and current responses is {origin.observed:.2f}"
    if count < MIN_FILTERS_FOR_ORIGIN:
        lines.append(f"{mean} (Jensen-Shannon, 0 to 1).")
    else:
        verdict = "depend" if origin.p < SIGNIFICANCE_LEVEL else "do not significantly depend"
        lines.append(
            f"{mean}, and that to the initial responses of other filters {origin.by_chance:.2f} "
            f"(Jensen-Shannon, 0 to 1): filters {verdict} on their initial state "
            f"(p = {origin.p:.2g})."
        )
    if count >= MIN_FILTERS_FOR_BANK:
        verdict = "significantly" if bank.p < SIGNIFICANCE_LEVEL else "not significantly"
        lines.append(
            f"The mean response of the bank has {verdict} changed: distance {bank.observed:.2f}, "
            f"{bank.by_chance:.2f} by chance (p = {bank.p:.2g})."
        )
    return lines


def _on_responses(analysis: FilterAnalysis) -> list[str]:
    filters = analysis.filters
    rate, density = np.median(filters.rate), np.median(np.abs(filters.density))
    lines = [
        f"The median filter responds best to {rate:.1f} Hz and {density:.2f} cycles per octave "
        f"(around {analysis.at:g} Hz).",
    ]
    cut = int((filters.energy_cut > MAX_ENERGY_CUT).sum())
    if cut:
        lines.append(
            f"{cut} of {len(filters.rate)} filters lose more than {100 * MAX_ENERGY_CUT:.0f} % of "
            "their energy at the ends of their kernels: their bandwidths are larger than reported."
        )
    if analysis.sounds is not None:
        now = decibel_correlation(analysis.transfer, analysis.sounds)
        then = decibel_correlation(analysis.initial_transfer, analysis.sounds)
        lines.append(
            "The correlation of the transfer of filters with the power of sounds, in decibels over "
            f"the modulation plane, is {now:.2f}; that of the initial filters is {then:.2f}."
        )
    return lines


def _on_importance(importance: Importance) -> list[str]:
    gradient = importance.gradient
    count, most = len(gradient), int(np.argmax(gradient))
    upper = np.sort(gradient)[-max(1, round(count / 10)) :].sum() / gradient.sum()
    lines = [
        f"By gradients, filter {most} is the most important, and a tenth of the filters hold "
        f"{100 * upper:.0f} % of the importance."
    ]
    if importance.ablation is not None and importance.agreement is not None:
        error, increase = importance.ablation
        needed, ranks = int(np.argmax(increase)), importance.agreement
        lines += [
            f"By ablation, filter {needed} is the most important: without it, the "
            f"{importance.metric} changes from {error:.2f} to {error + increase[needed]:.2f} %. "
            f"Removing any one of {(increase <= 0).sum()} of {count} filters does not increase it.",
            f"The rank correlation of gradients and ablation is {ranks.correlation:.2f} "
            f"(p = {ranks.p:.2g}).",
        ]
    return lines


def _indices(power: np.ndarray, rates: np.ndarray, densities: np.ndarray) -> dict[str, float]:
    """Return all indices of :mod:`~pyannote_strf.analysis.filters.indices`."""
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
