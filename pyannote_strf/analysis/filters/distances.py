"""Distances between banks of filters on the modulation plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import ot
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform
from scipy.stats import false_discovery_control

from pyannote_strf.analysis.filters.displacement import TIE
from pyannote_strf.analysis.filters.units import Filters, shortest_difference


class Bank(NamedTuple):
    """Weighted distribution of the filters' best modulations.

    Attributes
    ----------
    modulations : (filter, 2) array
        Non-negative rate in hertz, and density in cycles per octave.
    weights : (filter,) array
        Non-negative weights, whose sum is 1.
    """

    modulations: np.ndarray
    weights: np.ndarray


class Distances(NamedTuple):
    """Wasserstein distances between banks. All attributes are arrays of shape (bank, bank).

    Attributes
    ----------
    values : array
        Distances, in standard deviations of the modulations of all filters compared.
    margin : array
        1.96 standard errors, by bootstrap over filters. They do not include the bias: distances
        between samples are overestimated, the more so the nearer two banks are.
    by_chance : array
        Mean distance after random assignment of the filters of both banks to two banks of the same
        sizes, the baseline to compare `values` with.
    p : array
        Share of random assignments whose distance is at least the observed one, adjusted to control
        the false discovery rate over all pairs (Benjamini and Hochberg, 1995). Filters count as
        independent samples.
    """

    values: np.ndarray
    margin: np.ndarray
    by_chance: np.ndarray
    p: np.ndarray


def bank(filters: Filters, importance: np.ndarray | None = None) -> Bank:
    """Return filters as a distribution, with equal weights or weighted by importance.

    Parameters
    ----------
    filters : Filters
    importance : (filter,) array, optional
        Weights of filters. Negative values count as zero. Defaults to equal weights.

    Raises
    ------
    ValueError
        If no filter has a positive importance.
    """
    weights = np.ones(len(filters.rate)) if importance is None else np.maximum(importance, 0)
    if weights.sum() == 0:
        raise ValueError("no filter has a positive importance: filters cannot be weighted by it")
    return Bank(np.stack([filters.rate, filters.density], axis=1), weights / weights.sum())


def wasserstein(one: Bank, other: Bank, scale: np.ndarray | float = 1.0) -> float:
    """Return the 1-Wasserstein distance between two banks.

    A modulation and its negative are equivalent: the nearer one counts.

    Parameters
    ----------
    one, other : Bank
    scale : (2,) array, optional
        Unit of each axis, in hertz and in cycles per octave. Defaults to 1.

    Examples
    --------
    >>> halves = np.array([0.5, 0.5])
    >>> still = Bank(np.array([[1.0, 0.0], [2.0, 0.0]]), halves)
    >>> moved = Bank(np.array([[5.0, 3.0], [4.0, 3.0]]), halves)
    >>> round(wasserstein(still, moved), 3)
    4.243
    """
    costs = _costs(one.modulations / scale, other.modulations / scale)
    return float(ot.emd2(one.weights, other.weights, costs))


def distances(banks: Sequence[Bank], num_resamples: int = 500, seed: int = 0) -> Distances:
    """Return Wasserstein distances between all pairs of banks, with their uncertainty.

    Parameters
    ----------
    banks : sequence of Bank
        At least two.
    num_resamples : int, optional
        Number of resamples of the bootstrap, and of the permutation test. Defaults to 500.
    seed : int, optional
        Defaults to 0.

    Returns
    -------
    distances : Distances
    """
    scale = np.concatenate([each.modulations for each in banks]).std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    count = len(banks)
    found = Distances(*(np.zeros((count, count)) for _ in Distances._fields))
    rng = np.random.default_rng(seed)
    pairs = np.tril_indices(count, -1)
    for i, j in np.transpose(pairs).tolist():
        pooled = _PooledBanks(banks[i], banks[j], scale)
        value = pooled.distance(*pooled.sides)
        resampled = [pooled.distance(*pooled.resample(rng)) for _ in range(num_resamples)]
        permuted = np.array([pooled.distance(*pooled.permute(rng)) for _ in range(num_resamples)])
        found.values[i, j] = value
        found.margin[i, j] = 1.96 * np.std(resampled)
        found.by_chance[i, j] = permuted.mean()
        found.p[i, j] = (1 + np.sum(permuted >= value - TIE)) / (1 + num_resamples)
    found.p[pairs] = false_discovery_control(found.p[pairs])
    for matrix in found:
        matrix += matrix.T
    np.fill_diagonal(found.p, 1.0)
    return found


class _PooledBanks:
    """Pooled filters of two banks, with the cost of moving any filter to any other."""

    def __init__(self, one: Bank, other: Bank, scale: np.ndarray) -> None:
        modulations = np.concatenate([one.modulations, other.modulations]) / scale
        self.costs = _costs(modulations, modulations)
        # weights have a mean of 1 in each bank, whatever its number of filters
        self.weights = np.concatenate([each.weights * len(each.weights) for each in (one, other)])
        numbers = np.arange(len(modulations))
        self.sides = numbers[: len(one.weights)], numbers[len(one.weights) :]

    def distance(self, one: np.ndarray, other: np.ndarray) -> float:
        weights = [self.weights[side] / self.weights[side].sum() for side in (one, other)]
        return float(ot.emd2(*weights, self.costs[np.ix_(one, other)]))

    def resample(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw the filters of each bank with replacement."""
        return self._draw(lambda: [rng.choice(side, len(side)) for side in self.sides])

    def permute(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Assign the filters of both banks to two banks of the same sizes at random."""
        first = len(self.sides[0])
        return self._draw(lambda: np.split(rng.permutation(len(self.costs)), [first]))

    def _draw(self, draw: Callable[[], list[np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
        """Draw until each bank has a filter of positive weight."""
        while True:
            one, other = draw()
            if self.weights[one].sum() > 0 and self.weights[other].sum() > 0:
                return one, other


def _costs(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.hypot(
        *shortest_difference(one[:, None].transpose(2, 0, 1), other[None].transpose(2, 0, 1))
    )


def tree(values: np.ndarray) -> np.ndarray:
    """Return the linkage matrix of average linkage: see :func:`scipy.cluster.hierarchy.linkage`."""
    return linkage(squareform(values, checks=False), "average")


def classical_scaling(values: np.ndarray) -> np.ndarray:
    """Embed distances in a plane by classical multidimensional scaling: (bank, 2).

    W. S. Torgerson, "Multidimensional scaling: I. Theory and method", Psychometrika 17, 1952.

    >>> np.abs(np.diff(classical_scaling(np.array([[0.0, 3.0], [3.0, 0.0]])), axis=0)).round(6)
    array([[3., 0.]])
    """
    centred = values**2 - (values**2).mean(axis=0)
    centred = -0.5 * (centred - centred.mean(axis=1, keepdims=True))
    spread, axes = np.linalg.eigh(centred)
    return axes[:, :-3:-1] * np.sqrt(np.maximum(spread[:-3:-1], 0))
