"""Comparison of results of speaker verification."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pyannote_strf.applications.emb.verification import SPEAKERS, TARGET_PRIORS
from pyannote_strf.applications.tables import finite, read_table
from pyannote_strf.applications.types import Comparable, ComparableMetric
from pyannote_strf.metrics.verification import (
    Ranking,
    Tradeoff,
    equal_error_rate,
    min_detection_cost,
    tradeoff,
    trial_weights,
)

TRIAL = ("reference", "file1", "file2")
RAW = "raw"


class _Scores(NamedTuple):
    """Trials, their speakers if these are known, and scores of each kind."""

    trials: list[tuple[str, ...]]
    speakers: list[tuple[str, ...]] | None
    kinds: dict[str, np.ndarray]


def comparable(applied: Sequence[Path]) -> Comparable:
    """Read the scores of trials.

    Confidence intervals resample speakers, or recordings if speakers are unknown. The error rate of
    a recording is that of its trials, at the threshold of the equal error rate of raw scores.

    Parameters
    ----------
    applied : sequence of Path
        Paths of output files of each system, without suffix.

    Raises
    ------
    ValueError
        If a table of scores is missing or malformed, or if systems scored other trials.
    """
    scores = [_read_scores(Path(f"{path}.scores")) for path in applied]
    trials, speakers, _ = scores[0]
    for path, each in zip(applied[1:], scores[1:]):
        if each.trials != trials:
            raise ValueError(f"{applied[0]} and {path}: have different trials")
    reference = np.array([int(trial[0]) for trial in trials])
    files, sides = np.unique([trial[1:] for trial in trials], return_inverse=True)
    sides = sides.reshape(-1, 2)
    names, units = np.unique(speakers, return_inverse=True) if speakers else (files, sides)

    metrics = {}
    for kind in dict.fromkeys(kind for each in scores for kind in each.kinds):
        rankings = {
            system: Ranking(reference, each.kinds[kind])
            for system, each in enumerate(scores)
            if kind in each.kinds
        }
        missing = {
            system: f"{path}.scores has no {kind} scores; run `emb apply` without --raw"
            for system, path in enumerate(applied)
            if system not in rankings
        }
        for name, measure in MEASURES.items():
            value = partial(_value, rankings, units.reshape(-1, 2), measure)
            metrics[f"{name}, {kind} scores"] = ComparableMetric(value, missing)

    values = []
    for each in scores:
        threshold = equal_error_rate(tradeoff(reference, each.kinds[RAW])).threshold
        wrong = (each.kinds[RAW] >= threshold) != (reference == 1)
        count = np.bincount(sides.ravel(), minlength=len(files))
        errors = np.bincount(sides.ravel(), np.repeat(wrong, 2), minlength=len(files))
        values.append(errors / count)
    return Comparable(
        units=len(names),
        unit="speakers" if speakers else "recordings",
        metrics=metrics,
        items=[str(file) for file in files],
        item_metric="error rate of trials",
        item_values=np.array(values),
    )


def _equal_error_rate(curve: Tradeoff) -> float:
    return equal_error_rate(curve).rate


MEASURES = {"equal error rate": _equal_error_rate} | {
    f"minDCF({prior})": partial(min_detection_cost, target_prior=prior) for prior in TARGET_PRIORS
}


def _value(
    rankings: Mapping[int, Ranking],
    units: np.ndarray,
    measure: Callable[[Tradeoff], float],
    system: int,
    drawn: np.ndarray,
) -> float:
    curve = rankings[system].tradeoff(trial_weights(units, drawn))
    return float("nan") if curve is None else measure(curve)


def _read_scores(path: Path) -> _Scores:
    rows = read_table(path, _parse, "run `emb apply`", delimiter="\t")
    trials, speakers, scores = zip(*rows)
    kinds = {kind: np.array([each[kind] for each in scores]) for kind in scores[0]}
    return _Scores(list(trials), list(speakers) if all(speakers) else None, kinds)


def _parse(row: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, float]]:
    """Return a trial, its speakers (empty if they are unknown), and its scores."""
    if row["reference"] not in ("0", "1"):
        raise ValueError(row["reference"])
    scores = {kind: finite(row[kind]) for kind in row if kind not in (*TRIAL, *SPEAKERS)}
    return (
        tuple(row[name] for name in TRIAL),
        tuple(row[name] for name in SPEAKERS if name in row),
        {RAW: scores.pop(RAW), **scores},
    )
