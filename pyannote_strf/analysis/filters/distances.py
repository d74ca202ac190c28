"""How far banks of filters lie from each other on the modulation plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import ot
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform
from scipy.stats import false_discovery_control

from pyannote_strf.analysis.filters.displacement import TIE
from pyannote_strf.analysis.filters.units import Filters, shorter_way


class Bank(NamedTuple):
    """Filters as a distribution of best modulations.

    Attributes
    ----------
    modulations : (filter, 2) array
        Rate in hertz, never negative, and density in cycles per octave.
    weights : (filter,) array
        Their sum is 1.
    """

    modulations: np.ndarray
    weights: np.ndarray


class Distances(NamedTuple):
    """Wasserstein distances between banks. All are arrays, (bank, bank).

    Attributes
    ----------
    values : array
        In standard deviations of the modulations of all filters compared.
    margin : array
        1.96 standard errors, by bootstrap over filters. Of the spread only: distances of samples are too
        large, the more so the nearer two banks are.
    by_chance : array
        Mean distance, if filters of both banks are dealt out at random: what two handfuls of the same
        filters differ by, and what to hold distances against.
    p : array
        How often they are then at least as far apart, with the false discovery rate of all pairs
        controlled (Benjamini and Hochberg, 1995). Filters count as independent draws.
    """

    values: np.ndarray
    margin: np.ndarray
    by_chance: np.ndarray
    p: np.ndarray


def bank(filters: Filters, importance: np.ndarray | None = None) -> Bank:
    """Filters as a distribution, each weighing alike, or as much as it matters.

    Parameters
    ----------
    filters : Filters
    importance : (filter,) array, optional
        Filters of negative importance weigh nothing.

    Raises
    ------
    ValueError
        If no filter matters.
    """
    weights = np.ones(len(filters.rate)) if importance is None else np.maximum(importance, 0)
    if weights.sum() == 0:
        raise ValueError("no filter is of any importance: nothing to weigh them by")
    return Bank(np.stack([filters.rate, filters.density], axis=1), weights / weights.sum())


def wasserstein(one: Bank, other: Bank, scale: np.ndarray | float = 1.0) -> float:
    """Least mean way by which the filters of one bank become those of the other.

    A modulation and its negative are one: the way between two is the shorter of both.

    Parameters
    ----------
    one, other : Bank
    scale : (2,) array, optional
        What one unit is, in hertz and in cycles per octave.

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
    """Wasserstein distances between all pairs of banks, with their uncertainty.

    Parameters
    ----------
    banks : sequence of Bank
        Two at least.
    num_resamples : int, optional
        Of the bootstrap, and of the permutation test. Defaults to 500.
    seed : int, optional
        Defaults to 0.

    Returns
    -------
    distances : Distances
    """
    scale = np.concatenate([of.modulations for of in banks]).std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    count = len(banks)
    found = Distances(*(np.zeros((count, count)) for _ in Distances._fields))
    rng = np.random.default_rng(seed)
    pairs = np.tril_indices(count, -1)
    for i, j in zip(*pairs):
        pooled = _Pooled(banks[i], banks[j], scale)
        value = pooled.distance(*pooled.sides)
        drawn = [pooled.distance(*pooled.drawn_again(rng)) for _ in range(num_resamples)]
        dealt = np.array([pooled.distance(*pooled.dealt(rng)) for _ in range(num_resamples)])
        found.values[i, j] = value
        found.margin[i, j] = 1.96 * np.std(drawn)
        found.by_chance[i, j] = dealt.mean()
        found.p[i, j] = (1 + np.sum(dealt >= value - TIE)) / (1 + num_resamples)
    found.p[pairs] = false_discovery_control(found.p[pairs])
    for matrix in found:
        matrix += matrix.T
    np.fill_diagonal(found.p, 1.0)
    return found


class _Pooled:
    """Filters of two banks, put together, with the costs of moving each to each: to deal out again."""

    def __init__(self, one: Bank, other: Bank, scale: np.ndarray):
        modulations = np.concatenate([one.modulations, other.modulations]) / scale
        self.costs = _costs(modulations, modulations)
        # importance counts within a bank, whatever its number of filters
        self.weights = np.concatenate([of.weights * len(of.weights) for of in (one, other)])
        numbers = np.arange(len(modulations))
        self.sides = numbers[: len(one.weights)], numbers[len(one.weights) :]

    def distance(self, one: np.ndarray, other: np.ndarray) -> float:
        weights = [self.weights[side] / self.weights[side].sum() for side in (one, other)]
        return float(ot.emd2(*weights, self.costs[np.ix_(one, other)]))

    def drawn_again(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Each bank, drawn with replacement; drawn again where all weights are zero."""
        return self._weighing(lambda: [rng.choice(side, len(side)) for side in self.sides])

    def dealt(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Filters of both banks, dealt out to two as large."""
        first = len(self.sides[0])
        return self._weighing(lambda: np.split(rng.permutation(len(self.costs)), [first]))

    def _weighing(self, draw: Callable[[], list[np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
        while True:
            sides = draw()
            if all(self.weights[side].sum() > 0 for side in sides):
                return tuple(sides)


def _costs(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.hypot(*shorter_way(one[:, None].transpose(2, 0, 1), other[None].transpose(2, 0, 1)))


def tree(values: np.ndarray) -> np.ndarray:
    """Hierarchy of banks by average linkage, as :mod:`scipy.cluster.hierarchy` has it."""
    return linkage(squareform(values, checks=False), "average")


def plane_map(values: np.ndarray) -> np.ndarray:
    """Banks on a plane, as far from each other as can be had: (bank, 2), by classical scaling.

    W. S. Torgerson, "Multidimensional scaling: I. Theory and method", Psychometrika 17, 1952.

    >>> np.abs(np.diff(plane_map(np.array([[0.0, 3.0], [3.0, 0.0]])), axis=0)).round(6)
    array([[3., 0.]])
    """
    centred = values**2 - (values**2).mean(axis=0)
    centred = -0.5 * (centred - centred.mean(axis=1, keepdims=True))
    spread, axes = np.linalg.eigh(centred)
    return axes[:, :-3:-1] * np.sqrt(np.maximum(spread[:-3:-1], 0))
