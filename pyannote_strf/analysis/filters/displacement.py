"""Displacement of filters during training.

Learnable filter banks are reported to stay close to their initialisation: M. Anderson, T. Kinnunen
and N. Harte, "Learnable frontends that do not learn: quantifying sensitivity to filterbank
initialisation", ICASSP 2023 (arXiv 2302.10014). This module uses the Jensen-Shannon distance of
that paper.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from scipy.fft import next_fast_len
from scipy.spatial.distance import jensenshannon

from pyannote_strf.analysis.filters.units import Filters, shortest_difference
from pyannote_strf.layers.strf import STRFConv2d

# distances that differ by less count as equal
TIE = 1e-9


@dataclass(frozen=True)
class Displacement:
    """Change of each filter during training. All attributes are arrays of shape (filter,).

    Attributes
    ----------
    rate_change, density_change : array of float
        Change of the best modulation, in hertz and in cycles per octave (positive towards rising
        ripples). A modulation and its negative are equivalent: the nearer one counts.
    duration_change, extent_change : array of float
        Change of the envelope's full width at half maximum, in milliseconds and in octaves.
    moved : array of float
        Distance on the modulation plane, in units of the filter's initial half-power bandwidths.
    distance : array of float
        Jensen-Shannon distance between the initial and the current power transfer, from 0 to 1.
    """

    rate_change: np.ndarray
    density_change: np.ndarray
    duration_change: np.ndarray
    extent_change: np.ndarray
    moved: np.ndarray
    distance: np.ndarray


class PermutationTest(NamedTuple):
    """Result of a permutation test.

    Attributes
    ----------
    observed : float
        Observed statistic.
    by_chance : float
        Expected statistic under the null hypothesis.
    p : float
        Share of permutations that are at least as extreme as the observation.
    """

    observed: float
    by_chance: float
    p: float


def initial_layer(layer: STRFConv2d) -> STRFConv2d:
    """Return a copy of the layer with its initial parameters."""
    layer = copy.deepcopy(layer)
    layer.assign(*layer.initial)
    return layer


def displacement(before: Filters, now: Filters, distance: np.ndarray) -> Displacement:
    """Compare filters with their initial state.

    Parameters
    ----------
    before, now : Filters
        Initial and current filters, described with the same arguments.
    distance : (filter,) array
        Distance between initial and current responses: see :func:`jensen_shannon`.

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
    rate_change, density_change = shortest_difference(
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
    """Return the power transfer of each kernel, normalised to a sum of 1: (filter, modulation)."""
    kernels = layer.kernels()[:, 0]
    # the sum over real and imaginary parts does not depend on the sign of the modulation
    parts = torch.stack([kernels.real, kernels.imag])
    shape = [next_fast_len(2 * size) for size in layer.kernel_size]
    power = torch.fft.rfft2(parts, s=shape).abs().square().sum(dim=0)
    power = power.flatten(1).cpu().double().numpy()
    return power / power.sum(axis=1, keepdims=True)


def response_distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return Jensen-Shannon distances between two sets of :func:`responses`: (one, other)."""
    return np.stack([jensen_shannon(power, other) for power in one])


def jensen_shannon(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the Jensen-Shannon distance, from 0 to 1, of distributions over the last axis.

    The distance is the square root of the divergence in bits.

    >>> jensen_shannon(np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.0, 1.0]))
    np.float64(1.0)
    """
    # rounding may make the divergence of equal distributions negative
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(jensenshannon(one, other, axis=-1, base=2))


def origin_test(
    distances: np.ndarray, num_permutations: int = 10_000, seed: int = 0
) -> PermutationTest:
    """Test whether filters are nearer to their own initial state than to those of other filters.

    The test assigns initial states to filters at random; `p` is the share of assignments whose mean
    distance is at most the observed one. A large `p` means that the filters no longer depend on
    their individual initial states.

    Parameters
    ----------
    distances : (initial filter, filter) array
        See :func:`response_distances`.
    num_permutations : int, optional
        Defaults to 10,000.
    seed : int, optional
        Defaults to 0.

    Returns
    -------
    test : PermutationTest
        `observed` is the mean distance of filters from their own initial state, `by_chance` that
        from the initial states of other filters (NaN for a single filter).

    Examples
    --------
    >>> origin_test(1 - np.eye(8))[:2]
    (0.0, 1.0)
    """
    count = len(distances)
    rng = np.random.default_rng(seed)
    permutations = rng.permuted(np.tile(np.arange(count), (num_permutations, 1)), axis=1)
    means = distances[permutations, np.arange(count)].mean(axis=1)
    observed = float(np.diagonal(distances).mean())
    others = distances[~np.eye(count, dtype=bool)]
    by_chance = float(others.mean()) if count > 1 else float("nan")
    return PermutationTest(observed, by_chance, _share(means <= observed + TIE))


def bank_test(
    initial: np.ndarray, now: np.ndarray, num_permutations: int = 1000, seed: int = 0
) -> PermutationTest:
    """Test whether the mean response of the bank has changed.

    The statistic is the distance between the initial and the current mean response. The test swaps
    the initial and the current response of random subsets of filters; `p` is the share of swaps
    whose distance is at least the observed one.

    Parameters
    ----------
    initial, now : (filter, modulation) array
        See :func:`responses`.
    num_permutations : int, optional
        Defaults to 1000.
    seed : int, optional
        Defaults to 0.

    Returns
    -------
    test : PermutationTest
        `by_chance` is the mean over permutations.
    """
    rng = np.random.default_rng(seed)
    signs = rng.choice((-1.0, 1.0), size=(num_permutations, len(now)))
    middle, half = (initial + now).mean(axis=0) / 2, (now - initial) / 2
    shift = signs @ half / len(now)
    swapped = jensen_shannon(middle - shift, middle + shift)
    observed = float(jensen_shannon(initial.mean(axis=0), now.mean(axis=0)))
    return PermutationTest(observed, float(swapped.mean()), _share(swapped >= observed - TIE))


def _share(as_extreme: np.ndarray) -> float:
    """Return the share of permutations, counting the observation, so that it is never zero."""
    return (1 + int(as_extreme.sum())) / (1 + len(as_extreme))
