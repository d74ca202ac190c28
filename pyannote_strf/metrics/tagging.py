"""Metrics of audio tagging: accuracies of single labels, and precision of several labels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_curve,
    roc_auc_score,
)

from pyannote_strf.tags import UNKNOWN

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """A value and its confidence interval.

    Attributes
    ----------
    value, low, high : float
    """

    value: float
    low: float
    high: float


def accuracy(reference: ArrayLike, predicted: ArrayLike) -> float:
    """Return the proportion of clips whose label is predicted, or NaN without clips.

    >>> accuracy([0, 1, 1, 2], [0, 1, 2, 2])
    0.75
    """
    reference, predicted = np.asarray(reference), np.asarray(predicted)
    return float((reference == predicted).mean()) if len(reference) else float("nan")


def balanced_accuracy(reference: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean recall of the classes that have clips, or NaN without clips.

    >>> balanced_accuracy([0, 1, 1, 1], [0, 1, 2, 2])
    0.6666666666666666
    """
    reference, predicted = np.asarray(reference), np.asarray(predicted)
    if not len(reference):
        return float("nan")
    classes, rows = np.unique(reference, return_inverse=True)
    found = np.bincount(rows, weights=reference == predicted, minlength=len(classes))
    return float((found / np.bincount(rows)).mean())


def confusions(reference: ArrayLike, predicted: ArrayLike, num_classes: int) -> np.ndarray:
    """Count the clips of each class that are predicted as each class.

    Parameters
    ----------
    reference, predicted : (clip,) array-like of int
        Indices of classes.
    num_classes : int

    Returns
    -------
    counts : (class, class) array of int
        Rows are classes of the reference.
    """
    if not len(np.asarray(reference)):
        return np.zeros((num_classes, num_classes), dtype=int)
    return confusion_matrix(reference, predicted, labels=range(num_classes))


class ClassScores(NamedTuple):
    """Scores of the clips of each class.

    Attributes
    ----------
    average_precision, roc_auc : (class,) array
        NaN for classes without positive clips, and in `roc_auc`, without negative clips.
    positives, known : (class,) array of int
        Number of clips with each label, and of clips of which this is known.
    """

    average_precision: np.ndarray
    roc_auc: np.ndarray
    positives: np.ndarray
    known: np.ndarray

    @property
    def mean_average_precision(self) -> float:
        """Mean over classes with positive clips, or NaN if there are none."""
        return _mean(self.average_precision)

    @property
    def mean_roc_auc(self) -> float:
        """Mean over classes with positive and negative clips, or NaN if there are none."""
        return _mean(self.roc_auc)


def class_scores(targets: ArrayLike, scores: ArrayLike) -> ClassScores:
    """Compute the average precision and the area under the ROC curve of each class.

    Average precision is the sum over thresholds of precision times the increase of recall, without
    interpolation, as in scikit-learn.

    Parameters
    ----------
    targets : (clip, class) array-like of int
        1 for labels of the clip, 0 for others, -1 for unknown ones, which do not count.
    scores : (clip, class) array-like of float

    Raises
    ------
    ValueError
        If shapes differ, or a score is not finite.

    Examples
    --------
    >>> targets = [[1, 0, 0], [0, -1, 0], [1, 1, 0]]
    >>> found = class_scores(targets, [[0.9, 0.2, 0.1], [0.8, 0.9, 0.1], [0.7, 0.5, 0.2]])
    >>> found.average_precision.round(3).tolist()
    [0.833, 1.0, nan]
    >>> found.positives.tolist(), found.known.tolist()
    ([2, 1, 0], [3, 2, 3])
    """
    targets, scores = _checked(targets, scores)
    num_classes = targets.shape[1]
    precision, area = (np.full(num_classes, np.nan) for _ in range(2))
    for column in range(num_classes):
        known = targets[:, column] != UNKNOWN
        reference, of_class = targets[known, column], scores[known, column]
        if (reference == 1).any():
            precision[column] = average_precision_score(reference, of_class)
            if (reference == 0).any():
                area[column] = roc_auc_score(reference, of_class)
    return ClassScores(
        precision, area, (targets == 1).sum(axis=0), (targets != UNKNOWN).sum(axis=0)
    )


def d_prime(roc_auc: float) -> float:
    """Return the distance of two normal distributions of scores with an area under the curve.

    That of a system is the distance for the mean area over classes, rather than the mean of the
    distances of classes.

    >>> round(d_prime(0.94), 2)
    2.2
    """
    return float(np.sqrt(2) * norm.ppf(roc_auc))


def tune_thresholds(targets: ArrayLike, scores: ArrayLike, default: float = 0.5) -> np.ndarray:
    """Find the threshold of each class that maximises its F1 score.

    Parameters
    ----------
    targets, scores
        See :func:`class_scores`. Clips of a development subset.
    default : float, optional
        Threshold of classes without positive clips. Defaults to 0.5.

    Returns
    -------
    thresholds : (class,) array
        A clip has a label if its score is at least the threshold. Each is half-way between two
        scores, or the lowest score if all clips should have the label.

    Examples
    --------
    >>> tune_thresholds([[0], [1], [1]], [[0.1], [0.3], [0.9]])
    array([0.2])
    """
    targets, scores = _checked(targets, scores)
    thresholds = np.full(targets.shape[1], default)
    for column in range(targets.shape[1]):
        known = targets[:, column] != UNKNOWN
        reference, of_class = targets[known, column], scores[known, column]
        if not (reference == 1).any():
            continue
        precision, recall, steps = precision_recall_curve(reference, of_class)
        sums = (precision + recall)[:-1]
        f1 = 2 * (precision * recall)[:-1] / np.where(sums > 0, sums, 1)
        # the highest of equally good thresholds
        best = len(f1) - 1 - int(np.argmax(f1[::-1]))
        below = of_class[of_class < steps[best]]
        thresholds[column] = (
            (steps[best] + below.max(initial=-np.inf)) / 2 if len(below) else (steps[best])
        )
    return thresholds


def f1_scores(targets: ArrayLike, scores: ArrayLike, thresholds: ArrayLike) -> np.ndarray:
    """Return the F1 score of each class at its threshold. NaN for classes without positive clips.

    Parameters
    ----------
    targets, scores
        See :func:`class_scores`.
    thresholds : (class,) array-like
        See :func:`tune_thresholds`.

    Returns
    -------
    f1 : (class,) array
    """
    targets, scores = _checked(targets, scores)
    found = scores >= np.asarray(thresholds)
    hits = ((targets == 1) & found).sum(axis=0)
    false_alarms = ((targets == 0) & found).sum(axis=0)
    positives = (targets == 1).sum(axis=0)
    f1 = np.full(targets.shape[1], np.nan)
    np.divide(2 * hits, positives + hits + false_alarms, out=f1, where=positives > 0)
    return f1


def _checked(targets: ArrayLike, scores: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    targets, scores = np.asarray(targets), np.asarray(scores, dtype=float)
    if targets.ndim != 2 or targets.shape != scores.shape:
        raise ValueError(
            f"expected targets and scores of the same shape (clip, class), got {targets.shape} "
            f"and {scores.shape}"
        )
    if not np.isfinite(scores).all():
        raise ValueError(f"{np.sum(~np.isfinite(scores))} scores are not finite")
    return targets, scores


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
