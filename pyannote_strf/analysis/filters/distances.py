"""How far banks of filters lie from each other on the modulation plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import ot
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from pyannote_strf.analysis.filters.units import Filters


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
        Half of the 95 % confidence interval: 1.96 standard errors, by bootstrap over filters.
    by_chance : array
        Mean distance, if filters of both banks are dealt out at random. Not zero: two handfuls of the
        same filters differ.
    p : array
        How often they are then at least as far apart.
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
    ways = _ways(one.modulations / scale, other.modulations / scale)
    return float(ot.emd2(one.weights, other.weights, ways))


def distances(banks: Sequence[Bank], num_resamples: int = 200, seed: int = 0) -> Distances:
    """Wasserstein distances between all pairs of banks, with their uncertainty.

    Parameters
    ----------
    banks : sequence of Bank
        Two at least.
    num_resamples : int, optional
        Of the bootstrap, and of the permutation test. Defaults to 200.
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
    np.fill_diagonal(found.p, 1.0)
    rng = np.random.default_rng(seed)
    for i in range(count):
        for j in range(i):
            ways = _Ways(banks[i], banks[j], scale)
            value = ways.between(*ways.sides)
            drawn = [ways.between(*ways.resampled(rng)) for _ in range(num_resamples)]
            dealt = np.array([ways.between(*ways.dealt(rng)) for _ in range(num_resamples)])
            as_far = (1 + np.sum(dealt >= value)) / (1 + num_resamples)
            entries = value, 1.96 * np.std(drawn), dealt.mean(), as_far
            for matrix, entry in zip(found, entries):
                matrix[i, j] = matrix[j, i] = entry
    return found


class _Ways:
    """Ways between all filters of two banks, put together: what resampling needs."""

    def __init__(self, one: Bank, other: Bank, scale: np.ndarray):
        modulations = np.concatenate([one.modulations, other.modulations]) / scale
        self.ways = _ways(modulations, modulations)
        # importance counts within a bank, whatever its number of filters
        self.weights = np.concatenate([of.weights * len(of.weights) for of in (one, other)])
        numbers = np.arange(len(modulations))
        self.sides = numbers[: len(one.weights)], numbers[len(one.weights) :]

    def between(self, one: np.ndarray, other: np.ndarray) -> float:
        weights = [self.weights[side] / self.weights[side].sum() for side in (one, other)]
        return float(ot.emd2(*weights, self.ways[np.ix_(one, other)]))

    def resampled(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        return tuple(self._weighing(rng, side) for side in self.sides)

    def _weighing(self, rng: np.random.Generator, side: np.ndarray) -> np.ndarray:
        while True:
            drawn = rng.choice(side, len(side))
            if self.weights[drawn].sum() > 0:
                return drawn

    def dealt(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        while True:
            numbers = rng.permutation(len(self.ways))
            sides = tuple(np.split(numbers, [len(self.sides[0])]))
            if all(self.weights[side].sum() > 0 for side in sides):
                return sides


def _ways(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    straight = np.linalg.norm(one[:, None] - other[None], axis=-1)
    across = np.linalg.norm(one[:, None] + other[None], axis=-1)
    return np.minimum(straight, across)


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
