"""Metrics of SONYC-UST: the official ones of DCASE 2020, task 5, and plain ones of single labels.

Both are areas under a precision-recall curve by the trapezoidal rule, from (recall 0, precision 1)
to (1, 0), and neither is average precision. They differ in what they count:

- Official metrics count the labels of a coarse category together. Thresholds are the scores of the
  category from 0.01 up, and 1. An uncertain fine label in the reference, such as "engine of
  uncertain size", is found by any fine label of its category. The macro average is over categories,
  of fine labels too.
- Plain metrics are those of Arnault et al. Each label is a class. Thresholds are all scores.
  Uncertain fine labels do not count.

Points of equal recall are joined in the order of thresholds: descending for macro averages,
ascending for micro averages. This is the order of the official code, up to the order in which numpy
sorts equal numbers.

References
----------
SONYC, https://github.com/sonyc-project/dcase2020task5-uststc-baseline

A. Arnault, B. Hanssens and N. Riche, "Urban Sound Classification: striving towards a fair
comparison", arXiv 2010.11805, 2020.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

COARSE = (
    *("1_engine", "2_machinery-impact", "3_non-machinery-impact", "4_powered-saw"),
    *("5_alert-signal", "6_music", "7_human-voice", "8_dog"),
)

FINE = (
    *("1-1_small-sounding-engine", "1-2_medium-sounding-engine", "1-3_large-sounding-engine"),
    *("2-1_rock-drill", "2-2_jackhammer", "2-3_hoe-ram", "2-4_pile-driver"),
    "3-1_non-machinery-impact",
    *("4-1_chainsaw", "4-2_small-medium-rotating-saw", "4-3_large-rotating-saw"),
    *("5-1_car-horn", "5-2_car-alarm", "5-3_siren", "5-4_reverse-beeper"),
    *("6-1_stationary-music", "6-2_mobile-music", "6-3_ice-cream-truck"),
    *("7-1_person-or-small-group-talking", "7-2_person-or-small-group-shouting"),
    *("7-3_large-crowd", "7-4_amplified-speech"),
    "8-1_dog-barking-whining",
)

# official thresholds are from the first to the last, and the official F1 score is at the second
LEAST, MIDDLE, MOST = 0.01, 0.5, 1.0


class CountCurve:
    """Weighted counts of labels that are found, false or missed, at each threshold.

    Parameters
    ----------
    scores : (step,) array
        Thresholds below which the counts of a clip change.
    clips : (step,) array of int
        Clip of each step.
    changes : (step, 3) array of int
        Changes of the numbers of labels found, false and missed.
    start : (clip, 3) array of int
        Numbers above all thresholds.
    counted : (step,) array of bool
        Whether the score is a threshold to count at.
    most : float, optional
        One more threshold. Defaults to none.
    """

    def __init__(
        self,
        scores: np.ndarray,
        clips: np.ndarray,
        changes: np.ndarray,
        start: np.ndarray,
        counted: np.ndarray,
        most: float | None = None,
    ) -> None:
        order = np.argsort(-scores, kind="stable")
        self.clips, self.changes = clips[order], changes[order]
        self.start = start
        listed = scores[counted]
        self.thresholds = np.unique(listed if most is None else np.append(listed, most))[::-1]
        self.steps = np.searchsorted(-scores[order], -self.thresholds, side="right")
        self.owners = np.searchsorted(-self.thresholds, -listed), clips[counted]
        self.kept: tuple[np.ndarray, np.ndarray] | None = None

    def counts(self, weights: np.ndarray) -> np.ndarray:
        """Return the (3, threshold) weights found, false and missed.

        At thresholds that are scores of clips without weight only, these are the counts at the
        threshold before. The result is kept for the next call with the same array, which must not
        change.
        """
        if self.kept is None or self.kept[0] is not weights:
            self.kept = weights, self._counts(weights)
        return self.kept[1]

    def _counts(self, weights: np.ndarray) -> np.ndarray:
        changed = np.cumsum(self.changes * weights[self.clips, None], axis=0)
        changed = np.vstack([np.zeros((1, 3)), changed])
        rows, clips = self.owners
        places = np.arange(len(self.thresholds))
        known = np.bincount(rows, weights[clips], minlength=len(places)) > 0
        known = np.maximum.accumulate(np.where(known, places, 0))
        return (weights @ self.start + changed[self.steps[known]]).T


class OfficialMetrics:
    """Official metrics of coarse or fine labels.

    Parameters
    ----------
    targets : (clip, label) array-like of bool
    scores : (clip, label) array-like of float
        From 0 to 1.
    categories : sequence of str
        Coarse category of each label.
    uncertain : mapping of str to (clip,) array-like of bool, optional
        Whether a label of the category is uncertain, by category. Defaults to none.
    uncertain_scores : mapping of str to (clip,) array-like of float, optional
        Scores of uncertain labels, by category. Default to 0.

    Raises
    ------
    ValueError
        If shapes differ, or a score is not from 0 to 1.

    Examples
    --------
    >>> targets = [[1, 0, 0], [0, 1, 1], [0, 0, 1]]
    >>> scores = [[0.9, 0.1, 0.2], [0.3, 0.8, 0.9], [0.2, 0.6, 0.7]]
    >>> metrics = OfficialMetrics(targets, scores, ["engine", "engine", "dog"])
    >>> round(metrics.macro_auprc(np.ones(3)), 3)
    0.75
    """

    def __init__(
        self,
        targets: ArrayLike,
        scores: ArrayLike,
        categories: Sequence[str],
        uncertain: dict[str, np.ndarray] | None = None,
        uncertain_scores: dict[str, np.ndarray] | None = None,
    ) -> None:
        targets, scores = _checked(targets, scores)
        none = np.zeros(len(targets))
        self.curves = []
        for category in dict.fromkeys(categories):
            columns = [column for column, each in enumerate(categories) if each == category]
            self.curves.append(
                _category_curve(
                    targets[:, columns],
                    scores[:, columns],
                    np.asarray((uncertain or {}).get(category, none), dtype=bool),
                    np.asarray((uncertain_scores or {}).get(category, none), dtype=float),
                )
            )
        self.thresholds = np.unique(np.concatenate([each.thresholds for each in self.curves]))
        self.rows = [
            np.searchsorted(-curve.thresholds, -self.thresholds, side="right") - 1
            for curve in self.curves
        ]

    def macro_auprc(self, weights: np.ndarray) -> float:
        """Return the mean area under the curves of categories, by which systems are ranked.

        Parameters
        ----------
        weights : (clip,) array
            Weight of each clip.
        """
        categories = range(len(self.curves))
        return float(np.mean([self.category_auprc(each, weights) for each in categories]))

    def category_auprc(self, category: int, weights: np.ndarray) -> float:
        """Return the area under the curve of a category, given its index in order of appearance."""
        return _area(*_rates(self.curves[category].counts(weights)))

    def micro_auprc(self, weights: np.ndarray) -> float:
        """Return the area under the curve of counts over all categories."""
        return _area(*_rates(self._total(weights, slice(None))))

    def micro_f1(self, weights: np.ndarray) -> float:
        """Return the F1 score of counts over all categories, at the first threshold from 0.5 up."""
        at = np.flatnonzero(self.thresholds >= MIDDLE)[:1]
        (precision,), (recall,) = _rates(self._total(weights, at))
        return _f1(precision, recall)

    def _total(self, weights: np.ndarray, at: slice | np.ndarray) -> np.ndarray:
        """Return the counts over all categories at some of the thresholds."""
        curves = zip(self.curves, self.rows)
        return np.sum([curve.counts(weights)[:, rows[at]] for curve, rows in curves], axis=0)


class PlainMetrics:
    """Plain metrics of labels, each of which is a class.

    Parameters
    ----------
    targets : (clip, label) array-like of bool
    scores : (clip, label) array-like of float
        From 0 to 1.

    Raises
    ------
    ValueError
        If shapes differ, or a score is not from 0 to 1.

    Examples
    --------
    >>> targets = np.array([1, 0, 1, 0, 0, 1, 0, 0])
    >>> metrics = PlainMetrics(targets[:, None], np.arange(0.9, 0.1, -0.1)[:, None])
    >>> round(metrics.macro_auprc(np.ones(8)), 5)
    0.67778
    """

    def __init__(self, targets: ArrayLike, scores: ArrayLike) -> None:
        targets, scores = _checked(targets, scores)
        self.targets, self.found = targets, scores > MIDDLE
        every = np.broadcast_to(np.arange(len(targets))[:, None], targets.shape)
        columns = zip(targets.T, scores.T)
        self.curves = [_label_curve(*column, np.arange(len(targets))) for column in columns]
        self.micro = _label_curve(targets.ravel(), scores.ravel(), every.ravel())

    def macro_auprc(self, weights: np.ndarray) -> float:
        """Return the mean area over labels with positive clips, or NaN if there are none.

        Parameters
        ----------
        weights : (clip,) array
            Weight of each clip.
        """
        counts = [_listed(curve.counts(weights)) for curve in self.curves]
        known = [_area(*_rates(each)) for each in counts if each[0].any()]
        return float(np.mean(known)) if known else float("nan")

    def micro_auprc(self, weights: np.ndarray) -> float:
        """Return the area under the curve of all labels together."""
        return _area(*_rates(_listed(self.micro.counts(weights))))

    def micro_f1(self, weights: np.ndarray) -> float:
        """Return the F1 score of all labels together, of which those above 0.5 are found."""
        found = weights @ (self.targets & self.found)
        total = weights @ self.targets + weights @ self.found
        return float(2 * found.sum() / total.sum()) if total.sum() else 0.0


def _checked(targets: ArrayLike, scores: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    targets, scores = np.asarray(targets, dtype=bool), np.asarray(scores, dtype=float)
    if targets.ndim != 2 or targets.shape != scores.shape:
        raise ValueError(
            f"expected targets and scores of the same shape (clip, label), got {targets.shape} and "
            f"{scores.shape}"
        )
    if not ((scores >= 0) & (scores <= MOST)).all():
        raise ValueError("expected scores from 0 to 1")
    return targets, scores


def _category_curve(
    targets: np.ndarray, scores: np.ndarray, uncertain: np.ndarray, uncertain_scores: np.ndarray
) -> CountCurve:
    """Return the counts of the labels of a category.

    Labels of a clip are found one by one as the threshold falls.
    """
    every = np.column_stack([scores, uncertain_scores])
    order = np.argsort(-every, axis=1, kind="stable")
    rank = np.argsort(order, axis=1)
    states = np.stack(
        [
            _fine_counts(targets, rank[:, :-1] < found, uncertain, rank[:, -1] < found)
            for found in range(every.shape[1] + 1)
        ],
        axis=1,
    )
    clips = np.broadcast_to(np.arange(len(targets))[:, None], every.shape)
    ordered = np.take_along_axis(every, order, axis=1)
    return CountCurve(
        ordered.ravel(),
        clips.ravel(),
        np.diff(states, axis=1).reshape(-1, 3),
        states[:, 0],
        ((order < targets.shape[1]) & (ordered >= LEAST)).ravel(),
        MOST,
    )


def _fine_counts(
    targets: np.ndarray, found: np.ndarray, uncertain: np.ndarray, found_uncertain: np.ndarray
) -> np.ndarray:
    """Return the (clip, 3) numbers of labels of a category found, false and missed."""
    hits = (targets & found).sum(axis=1)
    alarms = (~targets & found).sum(axis=1) * ~uncertain
    misses = (targets & ~found).sum(axis=1)
    # the fine label is uncertain: any label of the category will do
    any_found = found.any(axis=1) | found_uncertain
    absent = ~targets.any(axis=1)
    hits += uncertain & any_found & (hits == 0)
    alarms += ~uncertain & absent & found_uncertain & ~found.all(axis=1)
    misses += uncertain & absent & ~any_found
    return np.column_stack([hits, alarms, misses])


def _label_curve(targets: np.ndarray, scores: np.ndarray, clips: np.ndarray) -> CountCurve:
    """Return the counts of a label, at all scores."""
    start = np.zeros((int(clips.max(initial=-1)) + 1, 3), dtype=int)
    np.add.at(start[:, 2], clips, targets)
    changes = np.column_stack([targets, ~targets, -targets.astype(int)])
    return CountCurve(scores, clips, changes, start, np.ones(len(scores), dtype=bool))


def _listed(counts: np.ndarray) -> np.ndarray:
    """Return the counts at thresholds at which there are any labels."""
    return counts[:, counts[0] + counts[1] > 0]


def _rates(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return precision and recall, 0 where they are not defined."""
    found, false, missed = counts
    return tuple(
        np.divide(found, total, out=np.zeros_like(found), where=total > 0)
        for total in (found + false, found + missed)
    )


def _area(precision: np.ndarray, recall: np.ndarray) -> float:
    order = np.argsort(recall, kind="stable")
    precision = np.concatenate([[1.0], precision[order], [0.0]])
    recall = np.concatenate([[0.0], recall[order], [1.0]])
    return float(np.diff(recall) @ (precision[1:] + precision[:-1]) / 2)


def _f1(precision: float, recall: float) -> float:
    total = precision + recall
    return float(2 * precision * recall / total) if total else 0.0
