import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster
from scipy.spatial.distance import pdist, squareform
from scipy.stats import wasserstein_distance_nd

from pyannote_strf.analysis.filters.distances import (
    Bank,
    bank,
    classical_scaling,
    distances,
    tree,
    wasserstein,
)
from pyannote_strf.analysis.filters.units import describe
from tests.analysis.filters import banks

RNG = np.random.default_rng(0)


def drawn(count=40, rate=10.0, density=0.0, weights=None):
    modulations = RNG.normal((rate, density), (1.0, 1.0), (count, 2))
    weights = np.ones(count) if weights is None else weights
    return Bank(modulations, weights / weights.sum())


def test_wasserstein_matches_scipy():
    one, other = drawn(8, weights=RNG.uniform(size=8)), drawn(6, 11.0, weights=RNG.uniform(size=6))
    expected = wasserstein_distance_nd(
        one.modulations, other.modulations, one.weights, other.weights
    )
    assert wasserstein(one, other) == pytest.approx(expected)
    assert wasserstein(one, one) == pytest.approx(0, abs=1e-12)
    assert wasserstein(one, other, np.array([2.0, 2.0])) == pytest.approx(expected / 2)


def test_a_translation_gives_its_length():
    one = drawn()
    moved = Bank(one.modulations + np.array([3.0, -4.0]), one.weights)
    assert wasserstein(one, moved) == pytest.approx(5.0)


def test_a_modulation_and_its_negative_are_equivalent():
    one = drawn()
    signs = RNG.choice((-1.0, 1.0), (40, 1))
    assert wasserstein(one, Bank(signs * one.modulations, one.weights)) == pytest.approx(0)


def test_p_values_separate_equal_from_different_banks():
    found = distances([drawn(), drawn(), drawn(rate=14.0)])
    assert found.p[0, 1] > 0.05 > found.p[0, 2]
    assert found.p[0, 0] == 1
    assert found.values[0, 1] == pytest.approx(found.by_chance[0, 1], rel=0.5)
    assert found.values[0, 2] > 2 * found.by_chance[0, 2]
    for matrix in found:
        np.testing.assert_array_equal(matrix, matrix.T)


def test_the_false_discovery_rate_is_controlled():
    # six banks of one population have fifteen pairs
    significant = [
        (distances([drawn(20) for _ in range(6)], num_resamples=100, seed=seed).p < 0.05).any()
        for seed in range(12)
    ]
    assert sum(significant) <= 3


def test_margins_match_the_spread_of_new_samples():
    pair = drawn(30), drawn(30, rate=16.0)
    scale = np.concatenate([each.modulations for each in pair]).std(axis=0)
    values = [wasserstein(drawn(30), drawn(30, rate=16.0), scale) for _ in range(200)]
    assert distances(pair).margin[0, 1] == pytest.approx(1.96 * np.std(values), rel=0.3)


def test_importance_sets_weights():
    layer, *_ = banks.bank([4.0, 16.0], [0.4])
    filters = describe(layer, banks.HOP, banks.SEMITONES)
    slow, fast = bank(filters, np.array([1.0, -2.0])), bank(filters, np.array([0.0, 3.0]))
    np.testing.assert_allclose(slow.weights, [1, 0])
    assert wasserstein(slow, fast) == pytest.approx(12.0, rel=1e-4)
    assert wasserstein(bank(filters), fast) == pytest.approx(6.0, rel=1e-4)
    found = distances([slow, fast])
    assert np.isfinite(found.margin).all()
    with pytest.raises(ValueError, match="no filter has a positive importance"):
        bank(filters, np.array([-1.0, 0.0]))


def test_similar_banks_form_groups():
    found = distances([drawn(rate=rate) for rate in (5.0, 20.0, 5.0, 20.0)], num_resamples=5)
    assert len(set(fcluster(tree(found.values), 2, "maxclust")[[0, 2]])) == 1
    groups = fcluster(tree(found.values), 2, "maxclust")
    assert groups[0] == groups[2] != groups[1] == groups[3]


def test_classical_scaling_keeps_planar_distances():
    points = RNG.normal(size=(6, 2))
    values = squareform(pdist(points))
    np.testing.assert_allclose(pdist(classical_scaling(values)), pdist(points))
    assert classical_scaling(np.array([[0.0, 1.0], [1.0, 0.0]])).shape == (2, 2)
