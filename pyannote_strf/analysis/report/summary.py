"""What was read, as rows, figures and sentences."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from pyannote_strf.analysis.filters.indices import (
    asymmetry,
    low_pass,
    low_share,
    marginals,
    separability,
)
from pyannote_strf.analysis.filters.reading import Reading
from pyannote_strf.analysis.filters.sounds import follows
from pyannote_strf.analysis.filters.units import DIRECTIONS


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
        "distance from its own origin": reading.origin._asdict(),
        "distance of the bank from its origin": reading.bank._asdict(),
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
    if reading.importance is not None and reading.importance.ablation is not None:
        content[f"{reading.importance.metric} (%)"] = reading.importance.ablation.error
        content["rank correlation of gradients with ablation"] = (
            reading.importance.agreement._asdict()
        )
    return content


def findings(reading: Reading) -> list[str]:
    """Sentences that a person can quote."""
    count, moved = len(reading.filters.rate), reading.displacement.moved
    rate, density = np.median(reading.filters.rate), np.median(np.abs(reading.filters.density))
    lines = [
        f"{(moved > 1).sum()} of {count} filters moved more than one bandwidth; the median filter "
        f"moved {np.median(moved):.2f} bandwidths.",
        "On average, a filter responds at a distance of "
        f"{reading.origin.observed:.2f} from what it began with, and of {reading.origin.by_chance:.2f} "
        "from what others began with (Jensen-Shannon, 0 to 1): it "
        + ("still shows" if reading.origin.p < 0.05 else "no longer shows")
        + f" where it began (p = {reading.origin.p:.2g}).",
        f"The bank as a whole {'has' if reading.bank.p < 0.05 else 'has not measurably'} changed: "
        f"distance {reading.bank.observed:.2f}, {reading.bank.by_chance:.2f} by chance (p = {reading.bank.p:.2g}).",
        f"The median filter responds best to {rate:.1f} Hz and {density:.2f} cycles per octave "
        f"(around {reading.at:g} Hz).",
    ]
    if reading.sounds is not None:
        now, then = (
            follows(t, reading.sounds) for t in (reading.transfer, reading.initial_transfer)
        )
        lines.append(
            f"Filters respond where sounds have power, with a correlation of {now:.2f}; as they "
            f"began, it was {then:.2f}."
        )
    if reading.importance is not None and reading.importance.ablation is not None:
        ablation, ranks = reading.importance.ablation, reading.importance.agreement
        needed = int(np.argmax(ablation.increase))
        lines.append(
            f"Without its most needed filter (number {needed}), {reading.importance.metric} goes from "
            f"{ablation.error:.2f} to {ablation.error + ablation.increase[needed]:.2f} %; "
            f"{(ablation.increase <= 0).sum()} of {count} can be left out, one at a time, without "
            "any error being added."
        )
        lines.append(
            f"Gradients foretell that with a rank correlation of {ranks.correlation:.2f} "
            f"(p = {ranks.p:.2g})."
        )
    return lines


def _indices(power: np.ndarray, rates: np.ndarray, densities: np.ndarray) -> dict[str, float]:
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


def _quartiles(values: np.ndarray) -> dict[str, float]:
    names = ("lower quartile", "median", "upper quartile")
    return {n: round(float(v), 6) for n, v in zip(names, np.percentile(values, (25, 50, 75)))}
