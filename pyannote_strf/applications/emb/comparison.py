"""Comparison of results of speaker verification."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pyannote_strf.applications.base import Comparable, ComparableMetric
from pyannote_strf.applications.emb.verification import SPEAKERS, TARGET_PRIORS
from pyannote_strf.metrics.verification import (
    Ranking,
    Tradeoff,
    equal_error_rate,
    min_detection_cost,
    tradeoff,
    trial_weights,
)

TRIAL = ("reference", "file1", "file2")


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
            raise ValueError(f"{applied[0]} and {path}: have other trials")
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
            metrics[f"{name}, {kind} scores"] = ComparableMetric("minimize", value, missing)

    values = []
    for each in scores:
        threshold = equal_error_rate(tradeoff(reference, each.kinds["raw"])).threshold
        wrong = (each.kinds["raw"] >= threshold) != (reference == 1)
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
    if not path.is_file():
        raise ValueError(f"{path}: does not exist; run `emb apply`")
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream, delimiter="\t")
        rows = []
        known = reader.fieldnames or ()
        kinds = [name for name in known if name not in (*TRIAL, *SPEAKERS)]
        for row in reader:
            try:
                row |= {kind: float(row[kind]) for kind in kinds}
                row["reference"] = str(("0", "1").index(row["reference"]))
            except (KeyError, TypeError, ValueError):
                raise ValueError(
                    f"{path}: line {reader.line_num} is malformed; run `emb apply` again"
                ) from None
            rows.append(row)
    if not rows or "raw" not in kinds or not {*TRIAL} <= {*known}:
        raise ValueError(f"{path}: holds no scores of trials; run `emb apply` again")
    speakers = None
    if {*SPEAKERS} <= {*known}:
        speakers = [tuple(row[name] for name in SPEAKERS) for row in rows]
    return _Scores(
        [tuple(row[name] for name in TRIAL) for row in rows],
        speakers,
        {kind: np.array([row[kind] for row in rows]) for kind in kinds},
    )
