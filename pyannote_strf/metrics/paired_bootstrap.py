"""Confidence intervals of metrics and of their differences between systems."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """Value with a 95 % confidence interval.

    Attributes
    ----------
    value, low, high : float
    """

    value: float
    low: float
    high: float


def resample(
    value: Callable[[int, np.ndarray], float],
    num_systems: int,
    num_units: int,
    num_resamples: int = 1000,
    seed: int = 0,
    progress: Callable[[int], None] = lambda done: None,
) -> np.ndarray:
    """Compute a metric of several systems on the same draws of units with replacement.

    Draws on which the metric is not defined for every system are repeated.

    Parameters
    ----------
    value : callable
        Returns the metric of a system, given its index and how many times each unit was drawn. NaN
        where it is not defined.
    num_systems : int
    num_units : int
        Number of independent units, such as files or speakers.
    num_resamples : int, optional
        Defaults to 1000.
    seed : int, optional
        Defaults to 0.
    progress : callable, optional
        Called with the number of draws that are done.

    Returns
    -------
    values : (system, 1 + resample) array
        The first column holds the metric on all units.

    Raises
    ------
    ValueError
        If the metric is not defined on all units.

    References
    ----------
    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 8 and 13.
    """
    rng = np.random.default_rng(seed)
    drawn = np.ones(num_units, dtype=int)
    rows: list[list[float]] = []
    while len(rows) < 1 + num_resamples:
        row = [value(system, drawn) for system in range(num_systems)]
        if not np.isnan(row).any():
            rows.append(row)
            progress(len(rows) - 1)
        elif not rows:
            raise ValueError("the metric is not defined")
        drawn = np.bincount(rng.integers(num_units, size=num_units), minlength=num_units)
    return np.array(rows).T


def estimate(values: np.ndarray) -> Estimate:
    """Return the first value, and percentiles 2.5 and 97.5 of the others, or NaN without others.

    Examples
    --------
    >>> estimate(np.append(50.0, np.arange(101.0)))
    Estimate(value=50.0, low=2.5, high=97.5)
    """
    others = values[1:] if len(values) > 1 else [np.nan]
    low, high = np.percentile(others, [2.5, 97.5])
    return Estimate(float(values[0]), float(low), float(high))
