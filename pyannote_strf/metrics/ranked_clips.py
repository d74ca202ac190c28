"""Metrics of audio tagging on clips with weights, for resampling."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from pyannote_strf.tags import UNKNOWN


class Areas(NamedTuple):
    """Areas under the curves of each class.

    Attributes
    ----------
    precision_sums, positives : (class,) array
        Sum over positive clips of the precision up to them, and their weight.
    average_precision, roc_auc : (class,) array
        NaN for classes without positive clips, and in `roc_auc`, without negative clips.
    """

    precision_sums: np.ndarray
    positives: np.ndarray
    average_precision: np.ndarray
    roc_auc: np.ndarray


class RankedClips:
    """Clips ranked by their score of each class.

    Ranking takes most of the time, and is done once for all weights. For each array of weights,
    clips between two positive ones are counted together.

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
        order = np.argsort(-scores, axis=1, kind="stable")
        targets, scores = (np.take_along_axis(each, order, axis=1) for each in (targets, scores))
        known = targets != UNKNOWN
        # known clips of the first class, of the second, and so on
        self.clips = order[known]
        classes = np.nonzero(known)[0]
        positive = np.flatnonzero(targets[known] == 1)
        self.classes = classes[positive]
        self.positive_clips = self.clips[positive]
        # clips with the same score count together
        changes = (np.diff(scores[known]) != 0) | (np.diff(classes) != 0)
        starts = np.concatenate([[0], np.flatnonzero(changes) + 1, [len(classes)]])
        ties = np.searchsorted(starts, positive, side="right") - 1
        ends = np.searchsorted(classes, np.arange(len(targets) + 1))
        places = [ends[self.classes], starts[ties], starts[ties + 1]]
        # cumulative weights are needed at these places
        self.edges = np.unique(np.concatenate([ends, *places]))
        self.at = [np.searchsorted(self.edges, each) for each in (ends, *places)]
        self.positives_at = [np.searchsorted(positive, each) for each in (ends, *places)]
        self.kept: tuple[np.ndarray, Areas] | None = None

    def areas(self, weights: np.ndarray) -> Areas:
        """Return the areas under the curves of each class.

        The result is kept for the next call with the same array, which must not change.

        Parameters
        ----------
        weights : (clip,) array
            Weight of each clip.
        """
        if self.kept is None or self.kept[0] is not weights:
            self.kept = weights, self._areas(np.asarray(weights, dtype=float))
        return self.kept[1]

    def _areas(self, weights: np.ndarray) -> Areas:
        of_positive = weights[self.positive_clips]
        listed, hits = np.zeros(len(self.edges)), np.zeros(len(of_positive) + 1)
        if len(self.clips):
            sums = np.add.reduceat(weights[self.clips], self.edges[:-1])
            np.cumsum(sums, out=listed[1:])
        np.cumsum(of_positive, out=hits[1:])
        ends, before, above, through = (listed[each] for each in self.at)
        hit_ends, hits_before, hits_above, hits_through = (hits[each] for each in self.positives_at)
        positives, negatives = np.diff(hit_ends), np.diff(ends) - np.diff(hit_ends)

        found, total = hits_through - hits_before, through - before
        precision = np.divide(found, total, out=np.zeros_like(found), where=total > 0)
        # negative clips above, and half of those with the same score
        alarms = ((total - found) + (above - before) - (hits_above - hits_before)) / 2
        precision_sums, ordered = (
            np.bincount(self.classes, of_positive * each, minlength=len(positives))
            for each in (precision, negatives[self.classes] - alarms)
        )
        return Areas(
            precision_sums,
            positives,
            _ratios(precision_sums, positives),
            _ratios(ordered, positives * negatives),
        )

    def mean_average_precision(self, weights: np.ndarray) -> float:
        """Return the mean over classes with positive clips, or NaN if there are none.

        Parameters
        ----------
        weights : (clip,) array
            See :meth:`areas`.
        """
        return _mean(self.areas(weights).average_precision)

    def mean_roc_auc(self, weights: np.ndarray) -> float:
        """Return the mean over classes with positive and negative clips, or NaN if there are none.

        Parameters
        ----------
        weights : (clip,) array
            See :meth:`areas`.
        """
        return _mean(self.areas(weights).roc_auc)


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
        areas = ranked.areas(np.ones(targets.shape[1]))
        self.sums, self.counts = areas.precision_sums, areas.positives

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


class PredictedLabels:
    """Labels that are predicted.

    Parameters
    ----------
    targets : (clip, class) array-like of int
        See :class:`RankedClips`.
    found : (clip, class) array-like of bool
        Whether each label is predicted.

    Examples
    --------
    >>> predicted = PredictedLabels([[1], [0], [1]], [[True], [True], [False]])
    >>> predicted.mean_f1(np.array([2, 1, 1]))
    0.6666666666666666
    """

    def __init__(self, targets: ArrayLike, found: ArrayLike) -> None:
        targets, found = np.asarray(targets), np.asarray(found, dtype=bool)
        counted = [(targets == 1) & found, (targets == 0) & found, targets == 1]
        # most labels are neither of the clip nor predicted
        self.counted = [csr_array(each.T.astype(float)) for each in counted]

    def mean_f1(self, weights: np.ndarray) -> float:
        """Return the mean F1 score of the classes that have positive clips with a weight above 0.

        Parameters
        ----------
        weights : (clip,) array
        """
        hits, alarms, positives = (each @ weights for each in self.counted)
        return _mean(_ratios(2 * hits, np.where(positives > 0, positives + hits + alarms, 0)))


def _ratios(parts: np.ndarray, totals: np.ndarray) -> np.ndarray:
    return np.divide(parts, totals, out=np.full(len(parts), np.nan), where=totals > 0)


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


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
    return _mean(_ratios(np.bincount(reference, hits), np.bincount(reference, weights)))
