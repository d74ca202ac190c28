"""How far training has moved filters from where they began.

Learnable filter banks are reported hardly to leave their initialisation: M. Anderson, T. Kinnunen and
N. Harte, "Learnable frontends that do not learn: quantifying sensitivity to filterbank
initialisation", ICASSP 2023 (arXiv 2302.10014), by the Jensen-Shannon distance that is taken here.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from scipy.fft import next_fast_len
from scipy.spatial.distance import jensenshannon

from pyannote_strf.analysis.filters.units import Filters, shorter_way
from pyannote_strf.layers.strf import STRFConv2d

# permutations that are as extreme but for rounding
TIE = 1e-9


@dataclass(frozen=True)
class Displacement:
    """What training changed in each filter. All are arrays, (filter,).

    Attributes
    ----------
    rate_change, density_change : array of float
        In hertz, and in cycles per octave, positive towards rising ripples: the shorter of both ways,
        since a modulation and its negative are one.
    duration_change, extent_change : array of float
        Of the envelope, between its half-maximum points, in milliseconds and in octaves.
    moved : array of float
        Way on the modulation plane, in bandwidths that the filter began with (half power).
    distance : array of float
        Jensen-Shannon distance between its power transfer then and now, from 0 to 1.
    """

    rate_change: np.ndarray
    density_change: np.ndarray
    duration_change: np.ndarray
    extent_change: np.ndarray
    moved: np.ndarray
    distance: np.ndarray


class PermutationTest(NamedTuple):
    """A figure, what it would be by chance, and how often chance is at least as extreme."""

    observed: float
    by_chance: float
    p: float


def as_it_began(layer: STRFConv2d) -> STRFConv2d:
    """A copy of the layer, with the parameters that it began with."""
    layer = copy.deepcopy(layer)
    layer.assign(*layer.initial)
    return layer


def displacement(before: Filters, now: Filters, distance: np.ndarray) -> Displacement:
    """How far each filter is from where it began.

    Parameters
    ----------
    before, now : Filters
        Described in the same way.
    distance : (filter,) array
        Between its responses then and now: see :func:`jensen_shannon`.

    Returns
    -------
    displacement : Displacement

    Examples
    --------
    >>> from pyannote_strf.analysis.filters.units import describe
    >>> first, now = STRFConv2d(1, 1, (9, 111)), STRFConv2d(1, 1, (9, 111))
    >>> first.assign(*torch.tensor([9.0, 2.0, 0.5, 0.0]).reshape(4, 1, 1))
    >>> now.assign(*torch.tensor([18.0, 2.0, 0.5, 0.0]).reshape(4, 1, 1))
    >>> semitones = 200 * 2 ** (np.arange(64) / 12)
    >>> described = [describe(layer, 0.01, semitones) for layer in (first, now)]
    >>> distance = jensen_shannon(responses(first), responses(now))
    >>> displacement(*described, distance).duration_change.round(1)
    array([211.9])
    """
    rate_change, density_change = shorter_way(
        (before.rate, before.density),
        (now.rate, now.density),
        (before.rate_bandwidth, before.density_bandwidth),
    )
    return Displacement(
        rate_change=rate_change,
        density_change=density_change,
        duration_change=now.duration - before.duration,
        extent_change=now.extent - before.extent,
        moved=np.hypot(
            rate_change / before.rate_bandwidth, density_change / before.density_bandwidth
        ),
        distance=distance,
    )


@torch.no_grad()
def responses(layer: STRFConv2d) -> np.ndarray:
    """Power transfer of the kernels in use, each summing to 1: (filter, modulation)."""
    kernels = layer.kernels()[:, 0]
    # together, those of both parts leave out whichever sign the modulation has
    parts = torch.stack([kernels.real, kernels.imag])
    shape = [next_fast_len(2 * size) for size in layer.kernel_size]
    power = torch.fft.rfft2(parts, s=shape).abs().square().sum(dim=0)
    power = power.flatten(1).cpu().double().numpy()
    return power / power.sum(axis=1, keepdims=True)


def response_distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Jensen-Shannon distances between all :func:`responses`: (filter of one, filter of other)."""
    return np.stack([jensen_shannon(power, other) for power in one])


def jensen_shannon(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Jensen-Shannon distance between distributions over the last axis, 0 to 1.

    Square root of the divergence, which is counted in bits.

    >>> jensen_shannon(np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.0, 1.0]))
    np.float64(1.0)
    """
    # the divergence of distributions that are equal but for rounding may come out below zero
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(jensenshannon(one, other, axis=-1, base=2))


def origin_test(
    distances: np.ndarray, num_permutations: int = 10_000, seed: int = 0
) -> PermutationTest:
    """Is a filter nearer to where it began than to where others began?

    Origins are dealt out to filters at random; `p` is how often they are then as near, on average, as
    their own are. A large `p`: nothing in the filters tells where they began any more.

    Parameters
    ----------
    distances : (initial filter, filter) array
        See :func:`response_distances`.
    num_permutations, seed : int, optional

    Returns
    -------
    test : PermutationTest
        Mean distance from each filter's own origin; `by_chance`, from those of others, which is not a
        number if there are none.

    Examples
    --------
    >>> origin_test(1 - np.eye(8))[:2]
    (0.0, 1.0)
    """
    count = len(distances)
    rng = np.random.default_rng(seed)
    dealt = rng.permuted(np.tile(np.arange(count), (num_permutations, 1)), axis=1)
    means = distances[dealt, np.arange(count)].mean(axis=1)
    observed = float(np.diagonal(distances).mean())
    others = distances[~np.eye(count, dtype=bool)]
    by_chance = float(others.mean()) if count > 1 else float("nan")
    return PermutationTest(observed, by_chance, _share(means <= observed + TIE))


def bank_test(
    initial: np.ndarray, now: np.ndarray, num_permutations: int = 1000, seed: int = 0
) -> PermutationTest:
    """Has the bank as a whole changed, or have its filters only wandered?

    The distance is that between mean responses, then and now. Then and now are exchanged in filters
    drawn at random; `p` is how often the distance is then at least as large.

    Parameters
    ----------
    initial, now : (filter, modulation) array
        See :func:`responses`.
    num_permutations, seed : int, optional

    Returns
    -------
    test : PermutationTest
        `by_chance` is the mean over permutations.
    """
    rng = np.random.default_rng(seed)
    signs = rng.choice((-1.0, 1.0), size=(num_permutations, len(now)))
    middle, half = (initial + now).mean(axis=0) / 2, (now - initial) / 2
    shift = signs @ half / len(now)
    exchanged = jensen_shannon(middle - shift, middle + shift)
    observed = float(jensen_shannon(initial.mean(axis=0), now.mean(axis=0)))
    return PermutationTest(observed, float(exchanged.mean()), _share(exchanged >= observed - TIE))


def _share(as_extreme: np.ndarray) -> float:
    """Share of permutations, the one observed among them, so that it is never zero."""
    return (1 + int(as_extreme.sum())) / (1 + len(as_extreme))
