"""Proportions of clips that are classified correctly, with binomial confidence intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from pyannote_strf.metrics.tagging import CONFIDENCE, Interval


class PercentCorrect(NamedTuple):
    """Proportions of clips that are classified correctly.

    Attributes
    ----------
    pooled : Interval
        Of all clips.
    of_classes : list of Interval
        Of the clips of each class. NaN for classes without clips.
    balanced : float
        Mean over classes that have clips.
    """

    pooled: Interval
    of_classes: list[Interval]
    balanced: float


def percent_correct(counts: ArrayLike) -> PercentCorrect:
    """Return proportions of correct clips, and their 95 % binomial confidence intervals.

    Clips are taken as independent. If those of one speaker or animal are alike, intervals over
    groups are wider.

    Parameters
    ----------
    counts : (class, class) array-like of int
        Confusion matrix, or the sum of those of several folds. Rows are classes of the reference.

    Returns
    -------
    proportions : PercentCorrect

    Raises
    ------
    ValueError
        If `counts` is not a matrix of counts.

    Examples
    --------
    >>> found = percent_correct([[3, 1], [0, 2]])
    >>> found.pooled.value, found.balanced
    (0.8333333333333334, 0.875)
    >>> [round(limit, 3) for limit in found.of_classes[0]]
    [0.75, 0.194, 0.994]
    """
    counts = np.asarray(counts)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or (counts < 0).any():
        raise ValueError(f"expected a square matrix of counts, got one of shape {counts.shape}")
    of_classes = [binomial_interval(row[each], row.sum()) for each, row in enumerate(counts)]
    known = [each.value for each in of_classes if not np.isnan(each.value)]
    return PercentCorrect(
        binomial_interval(np.trace(counts), counts.sum()),
        of_classes,
        float(np.mean(known)) if known else float("nan"),
    )


def binomial_interval(hits: int, total: int) -> Interval:
    """Return a proportion and its exact 95 % confidence interval. NaN if `total` is 0.

    References
    ----------
    C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the
    case of the binomial", Biometrika 26, 1934.

    Examples
    --------
    >>> round(binomial_interval(0, 10).high, 4)
    0.3085
    """
    if not total:
        return Interval(*[float("nan")] * 3)
    test = binomtest(int(hits), int(total))
    limits = test.proportion_ci(CONFIDENCE, method="exact")
    return Interval(float(hits / total), float(limits.low), float(limits.high))
