"""Scores of the clips of a subset, and evaluation against their labels."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import numpy as np
from pyannote.database import ProtocolFile

from pyannote_strf.analysis.pictures.classes import classes_figure
from pyannote_strf.analysis.pictures.confusion import confusion_figure
from pyannote_strf.applications.tables import as_csv, shown
from pyannote_strf.applications.tag.clips import labelled, score_clips, table_of
from pyannote_strf.applications.tag.metrics import metrics_of
from pyannote_strf.applications.types import ApplyResult, Job
from pyannote_strf.files import atomic_write, write_text
from pyannote_strf.metrics.paired_bootstrap import Estimate
from pyannote_strf.metrics.percent_correct import binomial_interval
from pyannote_strf.metrics.ranked_clips import RankedClips
from pyannote_strf.metrics.tagging import ClassScores, class_scores, confusions, d_prime
from pyannote_strf.pipelines.audio_tagging import AudioTagging, threshold_of
from pyannote_strf.tags import TagTable

RESAMPLES = 1000

CLASS_HEADER = (
    *("class", "positives", "known", "precision", "recall", "recall_low", "recall_high", "f1"),
    *("average_precision", "average_precision_low", "average_precision_high"),
    *("roc_auc", "threshold"),
)


def apply(job: Job) -> ApplyResult:
    """Score clips, and evaluate the scores on clips with labels.

    This writes the scores of each clip (`.scores.csv` and `.scores.json`). If clips have labels, it
    writes metrics (`.eval`) and a table of classes (`.csv`). For single labels, it writes the
    confusion matrix (`.confusion.csv` and `.confusion.png`), for several labels a picture of the
    average precision of each class (`.classes.png`).

    Returns
    -------
    result : ApplyResult
        `result` is a dict of str to Estimate, by metric, or None if no clip has labels.
    """
    pipeline = cast(AudioTagging, job.pipeline)
    known = [row for row, clip in enumerate(job.items) if labelled(clip)]
    clips = [job.items[row] for row in known]
    # before the scoring, which takes long
    table = table_of(pipeline, clips) if clips else None
    scores = score_clips(pipeline, job.items, "clips", job.progress)
    contents = {
        ".scores.csv": as_csv(
            ["file", *pipeline.labels],
            [[c["uri"], *(f"{s:.6f}" for s in row)] for c, row in zip(job.items, scores)],
        ),
        ".scores.json": _json(pipeline, job.items, scores),
    }
    if table is None:
        for suffix, content in contents.items():
            write_text(job.path(suffix), content)
        return ApplyResult([job.path(suffix) for suffix in contents])

    units, unit = units_of([clip.get("group") for clip in clips])
    scores = scores[known]
    found = np.array(
        [[label in pipeline.decide(row).labels for label in pipeline.labels] for row in scores]
    )
    ranked = RankedClips(table.targets, scores)
    metrics = metrics_of(table, scores, found, ranked)
    values, limits = intervals(metrics, lambda each: ranked.areas(each).average_precision, units)
    if "roc_auc" in values:
        values["d_prime"] = Estimate(*map(d_prime, values["roc_auc"]))
    of_classes = class_scores(table.targets, scores)
    contents[".csv"] = _classes(pipeline, table, found, of_classes, limits)
    if table.is_single:
        labels = table.targets.argmax(axis=1), scores.argmax(axis=1)
        counts = confusions(*labels, len(pipeline.labels))
        rows = [[name, *row] for name, row in zip(pipeline.labels, counts)]
        contents[".confusion.csv"] = as_csv(["reference", *pipeline.labels], rows)
        picture = job.path(".confusion.png")
        figure = confusion_figure(counts, pipeline.labels, job.output.name)
    else:
        picture = job.path(".classes.png")
        figure = classes_figure(
            pipeline.labels,
            of_classes.average_precision,
            limits,
            of_classes.positives,
            job.output.name,
        )
    lines = [[name, *map(_number, each)] for name, each in values.items()]
    header = ["metric", "value", "low", "high"]
    contents[".eval"] = "".join("\t".join(line) + "\n" for line in [header, *lines])
    with atomic_write(picture) as temporary:
        figure.savefig(temporary, format="png", dpi=120)
    for suffix, content in contents.items():
        write_text(job.path(suffix), content)
    return ApplyResult(
        [*map(job.path, contents), picture],
        header=["metric", "value", "95 %"],
        rows=[
            [
                name.replace("_", " "),
                shown(name, each.value),
                ""
                if np.isnan(each.low)
                else f"{shown(name, each.low).removesuffix(' %')} to {shown(name, each.high)}",
            ]
            for name, each in values.items()
        ],
        notes=[
            f"95 %: bootstrap over {units.max() + 1} {unit}"
            if units.max()
            else f"no interval: it needs two {unit} or more"
        ],
        result=values,
    )


def units_of(groups: list[Any]) -> tuple[np.ndarray, str]:
    """Return the index of the independent unit of each clip, and what a unit is.

    >>> units_of(["bird 2", "bird 1", "bird 2"])
    (array([1, 0, 1]), 'groups')
    """
    if any(group is None for group in groups):
        return np.arange(len(groups)), "clips"
    return np.unique(list(map(str, groups)), return_inverse=True)[1], "groups"


def intervals(
    metrics: Mapping[str, Callable[[np.ndarray], float]],
    of_classes: Callable[[np.ndarray], np.ndarray],
    units: np.ndarray,
) -> tuple[dict[str, Estimate], np.ndarray]:
    """Return metrics of clips with 95 % confidence intervals, by bootstrap over units.

    All metrics are computed on the same draws of units. Draws on which a metric is not defined do
    not count for it.

    Parameters
    ----------
    metrics : mapping of str to callable
        Functions of the (clip,) weights of clips.
    of_classes : callable
        Returns the (class,) values of classes.
    units : (clip,) array of int
        Index of the unit of each clip.

    Returns
    -------
    estimates : dict of str to Estimate
        With NaN limits if there is only one unit.
    limits : (class, 2) array
        Limits of the values of classes, NaN where they are not defined.
    """
    rows = []
    for drawn in _draws(int(units.max()) + 1):
        weights = drawn[units]
        values = [metric(weights) for metric in metrics.values()]
        rows.append(np.concatenate([values, of_classes(weights)]))
    table = np.array(rows)
    limits = np.full((table.shape[1], 2), np.nan)
    for column, (value, *others) in enumerate(table.T):
        known = np.array(others)[~np.isnan(others)]
        if len(known) and not np.isnan(value):
            limits[column] = np.percentile(known, [2.5, 97.5])
    estimates = {
        name: Estimate(float(value), *map(float, ends))
        for name, value, ends in zip(metrics, table[0], limits)
    }
    return estimates, limits[len(metrics) :]


def _draws(count: int) -> Iterator[np.ndarray]:
    """Yield how many times each of `count` units is drawn: once, then in random draws."""
    yield np.ones(count)
    rng = np.random.default_rng(0)
    for _ in range(RESAMPLES if count > 1 else 0):
        yield np.bincount(rng.integers(count, size=count), minlength=count).astype(float)


def _json(pipeline: AudioTagging, clips: list[ProtocolFile], scores: np.ndarray) -> str:
    listed = [
        {
            "file": clip["uri"],
            "group": clip.get("group"),
            "tags": clip.get("tags"),
            "labels": pipeline.decide(row).labels,
            "scores": [round(float(score), 6) for score in row],
        }
        for clip, row in zip(clips, scores)
    ]
    content = {"classes": pipeline.labels, "clips": listed}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _classes(
    pipeline: AudioTagging,
    table: TagTable,
    found: np.ndarray,
    ranked: ClassScores,
    intervals: np.ndarray,
) -> str:
    """Return a table of classes as comma-separated values."""
    hits = ((table.targets == 1) & found).sum(axis=0)
    listed = ((table.targets >= 0) & found).sum(axis=0)
    rows = []
    for column, label in enumerate(pipeline.labels):
        positives = ranked.positives[column]
        ratios = [
            _ratio(hits[column], listed[column]),
            *map(_number, binomial_interval(hits[column], positives)),
            _ratio(2 * hits[column], positives + listed[column]) if positives else "",
            _number(ranked.average_precision[column]),
            *map(_number, intervals[column]),
            _number(ranked.roc_auc[column]),
            "" if pipeline.is_single else _number(getattr(pipeline, threshold_of(label))),
        ]
        rows.append([label, positives, ranked.known[column], *ratios])
    return as_csv(CLASS_HEADER, rows)


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.6f}" if whole else ""


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6f}"
