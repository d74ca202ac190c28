"""Metrics of clips with weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from pyannote_strf.applications.tag.sonyc import sonyc_metrics
from pyannote_strf.metrics.ranked_clips import (
    PredictedLabels,
    RankedClips,
    RankedLabels,
    weighted_accuracy,
    weighted_balanced_accuracy,
)
from pyannote_strf.tags import TagTable

SINGLE = ("accuracy", "balanced_accuracy")
SEVERAL = ("mean_average_precision", "roc_auc")


def metrics_of(
    table: TagTable,
    scores: np.ndarray,
    found: np.ndarray | None = None,
    ranked: RankedClips | None = None,
) -> dict[str, Callable[[np.ndarray], float]]:
    """Return functions from the (clip,) weights of clips to the value of each metric.

    Those of several labels include "lwlrap", see
    :class:`~pyannote_strf.metrics.ranked_clips.RankedLabels`, and those of the corpus of the
    labels, if it has its own.

    Parameters
    ----------
    table : TagTable
    scores : (clip, class) array
    found : (clip, class) array of bool, optional
        Whether each label is predicted. With it, and several labels, there is also "mean_f1".
    ranked : RankedClips, optional
        Ranking of these clips, to share its results.
    """
    if table.is_single:
        labels = table.targets.argmax(axis=1), scores.argmax(axis=1)
        functions = (weighted_accuracy, weighted_balanced_accuracy)
        return {name: partial(each, *labels) for name, each in zip(SINGLE, functions)}
    ranked = ranked or RankedClips(table.targets, scores)
    metrics: dict[str, Callable[[np.ndarray], float]] = dict(
        zip(SEVERAL, (ranked.mean_average_precision, ranked.mean_roc_auc))
    )
    if found is not None:
        metrics["mean_f1"] = PredictedLabels(table.targets, found).mean_f1
    metrics["lwlrap"] = RankedLabels(table.targets, scores).label_weighted_precision
    return {**metrics, **sonyc_metrics(table, scores)}
