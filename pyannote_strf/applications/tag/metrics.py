"""Metrics of clips with weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from pyannote_strf.metrics.ranked_clips import (
    RankedClips,
    weighted_accuracy,
    weighted_balanced_accuracy,
    weighted_mean_f1,
)

SINGLE = ("accuracy", "balanced_accuracy")
SEVERAL = ("mean_average_precision", "roc_auc")


def metrics_of(
    targets: np.ndarray, scores: np.ndarray, is_single: bool, found: np.ndarray | None = None
) -> dict[str, Callable[[np.ndarray], float]]:
    """Return functions from the (clip,) weights of clips to the value of each metric.

    Parameters
    ----------
    targets : (clip, class) array
        See :class:`~pyannote_strf.tags.TagTable`.
    scores : (clip, class) array
    is_single : bool
        Whether each clip has a single label.
    found : (clip, class) array of bool, optional
        Whether each label is predicted. With it, and several labels, there is also "mean_f1".
    """
    if is_single:
        labels = targets.argmax(axis=1), scores.argmax(axis=1)
        functions = (weighted_accuracy, weighted_balanced_accuracy)
        return {name: partial(each, *labels) for name, each in zip(SINGLE, functions)}
    ranked = RankedClips(targets, scores)
    metrics: dict[str, Callable[[np.ndarray], float]] = dict(
        zip(SEVERAL, (ranked.mean_average_precision, ranked.mean_roc_auc))
    )
    if found is not None:
        metrics["mean_f1"] = partial(weighted_mean_f1, targets, found)
    return metrics
