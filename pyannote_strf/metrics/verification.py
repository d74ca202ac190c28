"""Error rates of verification trials."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import roc_curve


class Tradeoff(NamedTuple):
    """Detection error tradeoff: error rates at decreasing thresholds.

    Attributes
    ----------
    thresholds : (point,) array
        The first is infinite, at which no trial is accepted.
    false_alarm : (point,) array
        Proportion of impostor trials that are accepted.
    miss : (point,) array
        Proportion of target trials that are rejected.
    """

    thresholds: np.ndarray
    false_alarm: np.ndarray
    miss: np.ndarray


def tradeoff(reference: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None) -> Tradeoff:
    """Compute the detection error tradeoff of scores.

    Parameters
    ----------
    reference : (trial,) array-like
        1 for the same speaker (target), 0 for two speakers (impostor).
    scores : (trial,) array-like
        Higher scores mean that the same speaker is more likely.
    weights : (trial,) array-like, optional
        Weights of trials. Default to 1.

    Raises
    ------
    ValueError
        If a score is not finite, or if error rates are undefined because there is no target trial
        or no impostor trial.
    """
    reference, scores = np.asarray(reference), np.asarray(scores, dtype=float)
    if not np.isfinite(scores).all():
        raise ValueError(f"{np.sum(~np.isfinite(scores))} scores are not finite")
    weighted = reference if weights is None else reference[np.asarray(weights) > 0]
    if not (weighted == 1).any():
        raise ValueError("equal error rate is undefined: no trial of the same speaker")
    if not (weighted == 0).any():
        raise ValueError("equal error rate is undefined: no trial of two speakers")
    false_alarm, hit, thresholds = roc_curve(
        reference, scores, sample_weight=weights, drop_intermediate=False
    )
    return Tradeoff(thresholds, false_alarm, 1.0 - hit)


class EqualErrorRate(NamedTuple):
    """Error rate at the threshold where misses and false alarms are equally frequent.

    Attributes
    ----------
    rate : float
        Between 0 and 1.
    threshold : float
    """

    rate: float
    threshold: float


def equal_error_rate(curve: Tradeoff) -> EqualErrorRate:
    """Compute the equal error rate by linear interpolation between the two nearest points.

    Examples
    --------
    >>> equal_error_rate(tradeoff([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.8])).rate
    0.5
    """
    gap = curve.miss - curve.false_alarm
    after = int(np.argmax(gap <= 0))
    before = after - 1
    weight = gap[before] / (gap[before] - gap[after])

    def interpolate(values: np.ndarray) -> float:
        return float(values[before] + weight * (values[after] - values[before]))

    # the first threshold is infinite
    threshold = interpolate(curve.thresholds) if before else float(curve.thresholds[after])
    return EqualErrorRate(interpolate(curve.miss), threshold)


def min_detection_cost(
    curve: Tradeoff, target_prior: float, miss_cost: float = 1.0, false_alarm_cost: float = 1.0
) -> float:
    """Compute the minimum of NIST's normalised detection cost over all thresholds.

    The cost at a threshold is::

        C_miss P_target P_miss + C_fa (1 - P_target) P_fa
        -------------------------------------------------
             min(C_miss P_target, C_fa (1 - P_target))

    The cost of accepting all trials or rejecting all trials, whichever is lower, is 1.

    Parameters
    ----------
    curve : Tradeoff
    target_prior : float
        Probability of a target trial in the use case, `P_target`.
    miss_cost, false_alarm_cost : float, optional
        Cost of each error, `C_miss` and `C_fa`. Default to 1.

    References
    ----------
    NIST 2016 Speaker Recognition Evaluation Plan, section 3.

    Examples
    --------
    >>> min_detection_cost(tradeoff([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.8]), target_prior=0.01)
    0.5
    """
    miss, false_alarm = miss_cost * target_prior, false_alarm_cost * (1 - target_prior)
    cost = miss * curve.miss + false_alarm * curve.false_alarm
    return float(cost.min() / min(miss, false_alarm))


def bootstrap_interval(
    reference: ArrayLike,
    scores: ArrayLike,
    speakers: ArrayLike,
    num_resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Compute the 95 % confidence interval of the equal error rate by resampling speakers.

    Trials of the same speaker are not independent, so that resampling trials would give an interval
    that is too narrow. Speakers are drawn with replacement instead. The weight of a target trial is
    the number of times that its speaker was drawn, that of an impostor trial the product of both
    numbers. Draws without any target trial or without any impostor trial are repeated.

    Parameters
    ----------
    reference, scores : (trial,) array-like
        See :func:`tradeoff`.
    speakers : (trial, 2) array-like
        Speakers of both recordings of each trial.
    num_resamples : int, optional
        Number of draws. Defaults to 1000.
    seed : int, optional
        Seed of random numbers. Defaults to 0.

    Returns
    -------
    low, high : float
        Percentiles 2.5 and 97.5 of the equal error rate.

    References
    ----------
    Poh and Bengio, "Estimating the confidence interval of expected performance curve in biometric
    authentication using joint bootstrap", ICASSP 2007.
    """
    ranking = Ranking(reference, scores)
    names, indices = np.unique(np.asarray(speakers), return_inverse=True)
    indices = indices.reshape(-1, 2)
    rng = np.random.default_rng(seed)
    rates: list[float] = []
    while len(rates) < num_resamples:
        drawn = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))
        curve = ranking.tradeoff(trial_weights(indices, drawn))
        if curve is not None:
            rates.append(equal_error_rate(curve).rate)
    low, high = np.percentile(rates, [2.5, 97.5])
    return float(low), float(high)


def trial_weights(units: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Return the weights of trials after units, such as speakers, were drawn with replacement.

    Parameters
    ----------
    units : (trial, 2) array of int
        Indices of the units of both recordings.
    drawn : (unit,) array of int
        How many times each unit was drawn.

    Returns
    -------
    weights : (trial,) array of int
        The number of times that a unit was drawn, or the product of both numbers.

    >>> trial_weights(np.array([[0, 0], [0, 1]]), np.array([3, 2]))
    array([3, 6])
    """
    left, right = units.T
    return np.where(left == right, drawn[left], drawn[left] * drawn[right])


class Ranking:
    """Scores that are sorted once, to compute their tradeoff for many weights.

    Parameters
    ----------
    reference, scores : (trial,) array-like
        See :func:`tradeoff`.

    Raises
    ------
    ValueError
        See :func:`tradeoff`.
    """

    def __init__(self, reference: ArrayLike, scores: ArrayLike):
        self.thresholds = tradeoff(reference, scores).thresholds
        scores = -np.asarray(scores, dtype=float)
        self.order = np.argsort(scores, kind="stable")
        # index of the end of the trials at or above each threshold, in that order
        ends = np.searchsorted(scores[self.order], -self.thresholds[1:], side="right")
        self.ends = np.append(0, ends)
        self.is_target = np.asarray(reference)[self.order] == 1

    def tradeoff(self, weights: np.ndarray) -> Tradeoff | None:
        """Compute the tradeoff of weighted trials.

        Parameters
        ----------
        weights : (trial,) array

        Returns
        -------
        curve : Tradeoff or None
            None if all target trials or all impostor trials have weight zero.
        """
        weights = weights[self.order]
        hits, alarms = (
            np.append(0, np.cumsum(np.where(self.is_target == kind, weights, 0)))[self.ends]
            for kind in (True, False)
        )
        if not (hits[-1] and alarms[-1]):
            return None
        return Tradeoff(self.thresholds, alarms / alarms[-1], 1 - hits / hits[-1])
