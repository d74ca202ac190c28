"""Comparison of results of audio tagging."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pyannote_strf.applications.tag.evaluation import units_of
from pyannote_strf.applications.tag.metrics import metrics_of
from pyannote_strf.applications.types import Comparable, ComparableMetric
from pyannote_strf.messages import describe
from pyannote_strf.tags import UNKNOWN, TagTable, tag_table


class _Result(NamedTuple):
    files: list[str]
    groups: list[Any]
    table: TagTable
    scores: np.ndarray
    found: np.ndarray


def comparable(applied: Sequence[Path]) -> Comparable:
    """Read the scores of clips with labels.

    Confidence intervals resample groups of clips, or clips if groups are unknown. The error of a
    clip is the probability of other labels than its own or, with several labels, the mean
    difference of scores from 0 and 1.

    Parameters
    ----------
    applied : sequence of Path
        Paths of output files of each system, without suffix.

    Raises
    ------
    ValueError
        If scores are missing or malformed, or if systems were evaluated on other clips or labels.
    """
    results = [_read(Path(f"{path}.scores.json")) for path in applied]
    files, groups, table, *_ = results[0]
    for path, each in zip(applied[1:], results[1:]):
        for what, same in (
            ("clips", each.files == files),
            ("classes", each.table.classes == table.classes),
            ("labels", np.array_equal(each.table.targets, table.targets)),
        ):
            if not same:
                raise ValueError(f"{applied[0]} and {path}: have different {what}")
    units, unit = units_of(groups)
    functions = [metrics_of(table, each.scores, each.found) for each in results]
    metrics = {
        name.replace("_", " "): ComparableMetric(
            partial(_value, [each[name] for each in functions], units), higher_is_better=True
        )
        for name in functions[0]
    }
    known = table.targets == 1 if table.is_single else table.targets != UNKNOWN
    errors = np.array([np.abs(each.scores - table.targets) for each in results])
    counts = known.sum(axis=1)
    means = np.full(errors.shape[:2], np.nan)
    np.divide((errors * known).sum(axis=2), counts, out=means, where=counts > 0)
    return Comparable(
        units=int(units.max()) + 1,
        unit=unit,
        metrics=metrics,
        items=files,
        item_metric="probability of other labels" if table.is_single else "error of scores",
        item_values=means,
    )


def _value(
    functions: Sequence[Callable[[np.ndarray], float]],
    units: np.ndarray,
    system: int,
    drawn: np.ndarray,
) -> float:
    return functions[system](drawn[units])


def _read(path: Path) -> _Result:
    if not path.is_file():
        raise ValueError(f"{path}: does not exist; run `tag apply`")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        clips = [clip for clip in content["clips"] if clip["tags"] is not None]
        files = [clip["file"] for clip in clips]
        table = tag_table([(clip["file"], clip["tags"]) for clip in clips], content["classes"])
        scores = np.array([clip["scores"] for clip in clips], dtype=float)
        if scores.shape != table.targets.shape or not np.isfinite(scores).all():
            raise ValueError("scores are missing")
        labels = tag_table(
            [(clip["file"], dict.fromkeys(clip["labels"], True)) for clip in clips], table.classes
        )
        groups = [clip.get("group") for clip in clips]
        return _Result(files, groups, table, scores, labels.targets == 1)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path}: malformed ({describe(error)}); run `tag apply` again") from None
