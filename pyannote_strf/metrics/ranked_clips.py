"""Metrics of audio tagging on clips with weights, for resampling."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


class RankedClips:
    """Clips ranked by their score of each class.

    Ranking takes most of the time, and is done once for all weights.

    Parameters
    ----------
    targets : (clip, class) array-like of int
        1 for labels of the clip, 0 for others, -1 for unknown ones, which do not count.
    scores : (clip, class) array-like of float

    Examples
    --------
    >>> ranked = RankedClips([[1], [0], [1]], [[0.9], [0.8], [0.7]])
    >>> ranked.mean_average_precision(np.ones(3)), ranked.mean_roc_auc(np.ones(3))
    (0.8333333333333333, 0.5)
    """

    def __init__(self, targets: ArrayLike, scores: ArrayLike) -> None:
        targets, scores = np.asarray(targets).T, np.asarray(scores, dtype=float).T
        self.order = np.argsort(-scores, axis=1, kind="stable")
        ranked = np.take_along_axis(scores, self.order, axis=1)
        ranked_targets = np.take_along_axis(targets, self.order, axis=1)
        self.positive = ranked_targets == 1
        self.negative = ranked_targets == 0
        # first and last place of clips with the same score
        places = np.arange(scores.shape[1])
        changes = np.diff(ranked, axis=1) != 0
        edge = np.ones((len(scores), 1), dtype=bool)
        first = np.where(np.hstack([edge, changes]), places, 0)
        self.first = np.maximum.accumulate(first, axis=1)
        last = np.where(np.hstack([changes, edge]), places, scores.shape[1])
        self.last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]

    def average_precision(self, weights: np.ndarray) -> np.ndarray:
        """Return the (class,) average precisions, NaN for classes without positive clips.

        Parameters
        ----------
        weights : (clip,) array
            Weight of each clip.
        """
        sums, total = self.precision_sums(weights)
        return np.divide(sums, total, out=np.full(len(sums), np.nan), where=total > 0)

    def mean_average_precision(self, weights: np.ndarray) -> float:
        """Return the mean over classes with positive clips, or NaN if there are none.

        Parameters
        ----------
        weights : (clip,) array
            Weight of each clip.
        """
        return _mean(*self.precision_sums(weights))

    def precision_sums(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the sum over positive clips of the precision up to them, and their weight.

        Parameters
        ----------
        weights : (clip,) array
            Weight of each clip.

        Returns
        -------
        sums, weights : (class,) array
        """
        hits, _, total = self._counts(self.positive, weights)
        alarms, _, _ = self._counts(self.negative, weights)
        found = np.take_along_axis(hits, self.last, axis=1)
        listed = found + np.take_along_axis(alarms, self.last, axis=1)
        precision = np.divide(found, listed, out=np.zeros_like(found), where=listed > 0)
        return (self.positive * weights[self.order] * precision).sum(axis=1), total

    def mean_roc_auc(self, weights: np.ndarray) -> float:
        """Return the mean over classes with positive and negative clips, or NaN if there are none.

        Parameters
        ----------
        weights : (clip,) array
            Weight of each clip.
        """
        hits, each, positives = self._counts(self.positive, weights)
        above = np.take_along_axis(hits - each, self.first, axis=1)
        tied = np.take_along_axis(hits, self.last, axis=1) - above
        of_negative = self.negative * weights[self.order]
        area = (of_negative * (above + tied / 2)).sum(axis=1)
        return _mean(area, positives * of_negative.sum(axis=1))

    def _counts(
        self, chosen: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return cumulative weights, the weight of each clip, and the total weight."""
        each = chosen * weights[self.order].astype(float)
        return np.cumsum(each, axis=1), each, each.sum(axis=1)


class RankedLabels:
    """Labels of each clip ranked by their score.

    Parameters
    ----------
    targets, scores
        See :class:`RankedClips`.

    Examples
    --------
    >>> ranked = RankedLabels([[1, 0, 1], [0, 0, 1]], [[0.9, 0.8, 0.7], [0.1, 0.2, 0.3]])
    >>> round(ranked.label_weighted_precision(np.ones(2)), 4)
    0.8889
    """

    def __init__(self, targets: ArrayLike, scores: ArrayLike) -> None:
        targets, scores = np.asarray(targets), np.asarray(scores)
        ranked = RankedClips(targets.T, scores.T)
        self.sums, self.counts = ranked.precision_sums(np.ones(targets.shape[1]))

    def label_weighted_precision(self, weights: np.ndarray) -> float:
        """Return the label-weighted label-ranking average precision, "lwlrap".

        It is the mean over the labels of all clips of the precision up to the label, among the
        labels of the clip. Labels of equal scores are listed together. NaN if there are no labels.

        Parameters
        ----------
        weights : (clip,) array
            Weight of each clip.
        """
        total = weights @ self.counts
        return float(weights @ self.sums / total) if total else float("nan")


def _mean(areas: np.ndarray, totals: np.ndarray) -> float:
    known = totals > 0
    return float((areas[known] / totals[known]).mean()) if known.any() else float("nan")


def weighted_accuracy(reference: ArrayLike, predicted: ArrayLike, weights: ArrayLike) -> float:
    """Return the weighted proportion of clips whose label is predicted.

    >>> weighted_accuracy([0, 1, 1], [0, 1, 2], [2, 1, 1])
    0.75
    """
    hits = np.asarray(reference) == np.asarray(predicted)
    weights = np.asarray(weights, dtype=float)
    return float(weights @ hits / weights.sum())


def weighted_balanced_accuracy(
    reference: ArrayLike, predicted: ArrayLike, weights: ArrayLike
) -> float:
    """Return the mean recall of the classes that have clips with a weight above 0.

    >>> weighted_balanced_accuracy([0, 1, 1, 2], [0, 1, 2, 0], [1, 3, 1, 0])
    0.875
    """
    reference, weights = np.asarray(reference), np.asarray(weights, dtype=float)
    hits = weights * (reference == np.asarray(predicted))
    return _mean(np.bincount(reference, hits), np.bincount(reference, weights))


def weighted_mean_f1(targets: ArrayLike, found: ArrayLike, weights: ArrayLike) -> float:
    """Return the mean F1 score of the classes that have positive clips with a weight above 0.

    Parameters
    ----------
    targets : (clip, class) array-like of int
        1 for labels of the clip, 0 for others, -1 for unknown ones, which do not count.
    found : (clip, class) array-like of bool
        Whether each label is predicted.
    weights : (clip,) array-like

    Examples
    --------
    >>> weighted_mean_f1([[1], [0], [1]], [[True], [True], [False]], [2, 1, 1])
    0.6666666666666666
    """
    targets, found = np.asarray(targets), np.asarray(found, dtype=bool)
    weights = np.asarray(weights, dtype=float)
    hits, alarms, positives = (
        weights @ each for each in ((targets == 1) & found, (targets == 0) & found, targets == 1)
    )
    return _mean(2 * hits, np.where(positives > 0, positives + hits + alarms, 0))
