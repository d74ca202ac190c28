import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon

from pyannote_strf import STRFConv2d
from pyannote_strf.analysis.filters.displacement import (
    bank_test,
    displacement,
    initial_layer,
    jensen_shannon,
    origin_test,
    response_distances,
    responses,
)
from pyannote_strf.analysis.filters.units import describe
from tests.analysis.filters.banks import HOP, SEMITONES, bank

RNG = np.random.default_rng(0)


def between(first, now):
    described = [describe(layer, HOP, SEMITONES) for layer in (first, now)]
    return displacement(*described, np.diagonal(distances_of(first, now)))


def distances_of(one, other):
    return response_distances(responses(one), responses(other))


def test_initial_parameters_survive_training_and_loading():
    layer = STRFConv2d(1, 4, (3, 11), n_features=8)
    began = torch.stack([layer.sigma_t, layer.sigma_f, layer.omega, layer.gamma]).detach()
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    layer(torch.randn(2, 1, 8, 20)).square().sum().backward()
    optimizer.step()
    other = STRFConv2d(1, 4, (3, 11), n_features=8)
    other.load_state_dict(layer.state_dict())
    first = initial_layer(other)
    now = torch.stack([first.sigma_t, first.sigma_f, first.omega, first.gamma])
    torch.testing.assert_close(now, began)
    assert (other.gamma - first.gamma).abs().min() > 0.05


def test_displacement_measures_known_changes():
    first, *_ = bank([4.0, 8.0, 16.0], [0.4])
    now, *_ = bank([6.0, 8.0, 15.0], [0.4], sigma_t=12.0, sigma_f=4.0)
    found = between(first, now)
    np.testing.assert_allclose(found.rate_change, [2.0, 0.0, -1.0], atol=1e-4)
    np.testing.assert_allclose(found.density_change, 0, atol=1e-5)
    # half power is lost at sqrt(log 2) / sigma radians from the best modulation
    bandwidth = 2 * np.sqrt(np.log(2)) / 12.0 / (2 * np.pi * HOP)
    np.testing.assert_allclose(found.moved, np.array([2.0, 0.0, 1.0]) / bandwidth, atol=1e-4)
    assert found.distance[1] == pytest.approx(0, abs=1e-3)
    assert found.distance[0] > found.distance[2] > 0.1

    now, *_ = bank([4.0, 8.0, 16.0], [0.4 - 0.3], sigma_t=24.0, sigma_f=2.0)
    found = between(first, now)
    np.testing.assert_allclose(found.density_change, -0.3, rtol=1e-3)
    np.testing.assert_allclose(found.duration_change, 1000 * 2.35482 * 0.12, rtol=1e-4)
    np.testing.assert_allclose(found.extent_change, -2.35482 * 2 / 12, rtol=1e-4)


def test_displacement_does_not_depend_on_the_sign_of_a_modulation():
    first, *_ = bank([4.0], [0.8])
    now, *_ = bank([5.0], [0.9])
    mirrored = []
    for layer in (first, now):
        other = STRFConv2d(1, 1, layer.kernel_size)
        with torch.no_grad():
            other.assign(layer.sigma_t, layer.sigma_f, -layer.omega, layer.gamma)
        mirrored.append(other)
    one, other = (between(*pair) for pair in ((first, now), mirrored))
    assert one.rate_change[0] == pytest.approx(1.0, rel=1e-3)
    assert one.density_change[0] == pytest.approx(0.1, rel=1e-3)
    np.testing.assert_allclose(one.rate_change, other.rate_change, rtol=1e-4)
    np.testing.assert_allclose(one.density_change, other.density_change, rtol=1e-3)
    # responses do not depend on the sign either
    assert distances_of(first, mirrored[0])[0, 0] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("size", [(9, 111), (33, 111), (63, 301)])
def test_distances_do_not_depend_on_the_size_of_the_transform(size):
    one, other = (bank([rate], [0.8], 12.0, 3.0, size)[0] for rate in (4.0, 5.0))
    found = distances_of(one, other)[0, 0]
    powers = []
    for layer in (one, other):
        kernel = layer.kernels()[0, 0].detach().numpy()
        power = sum(
            np.abs(np.fft.fft2(part, s=(256, 2048))) ** 2 for part in (kernel.real, kernel.imag)
        )
        powers.append(power.ravel() / power.sum())
    assert found == pytest.approx(jensenshannon(*powers, base=2), abs=0.01)


def test_a_move_through_zero_rate_is_small():
    first, *_ = bank([0.2], [0.8])
    now, *_ = bank([-0.2], [0.8])
    found = between(first, now)
    assert found.moved[0] < 0.2
    assert found.distance[0] < 0.2


def test_exact_ties_count_as_extreme():
    # with two filters, half of all permutations equal the observation
    for seed in range(10):
        layers = [
            bank(np.random.default_rng([seed, n]).uniform(2, 20, 2), [0.4])[0] for n in (0, 1)
        ]
        assert bank_test(*map(responses, layers)).p >= 0.4
        assert origin_test(distances_of(*layers)).p >= 0.4


def test_jensen_shannon_matches_its_definition():
    one, other = RNG.dirichlet(np.ones(9), 5), RNG.dirichlet(np.ones(9), 5)
    middle = (one + other) / 2
    divergences = [(p * np.log2(p / middle)).sum(axis=1) for p in (one, other)]
    np.testing.assert_allclose(jensen_shannon(one, other), np.sqrt(np.mean(divergences, axis=0)))


@pytest.mark.filterwarnings("error")
def test_rounding_errors_give_distance_zero():
    rng = np.random.default_rng(1)
    one = rng.dirichlet(np.ones(4000), 100)
    other = one * (1 + 1e-9 * rng.standard_normal(one.shape))
    np.testing.assert_allclose(jensen_shannon(one, other), 0, atol=1e-7)


def test_responses_sum_to_one_and_distances_are_symmetric():
    layer, *_ = bank([4.0, 16.0], [-0.8, 0.8])
    np.testing.assert_allclose(responses(layer).sum(axis=1), 1)
    found = distances_of(layer, layer)
    np.testing.assert_allclose(found, found.T, atol=1e-6)
    np.testing.assert_allclose(np.diagonal(found), 0, atol=1e-3)
    assert found[0, 3] > 0.99


def test_origin_test_detects_filters_near_their_initial_state():
    distances = RNG.uniform(0.5, 1.0, (32, 32))
    forgotten = origin_test(distances)
    assert 0.01 < forgotten.p < 0.99
    stayed = origin_test(np.where(np.eye(32, dtype=bool), 0.1, distances))
    assert stayed.observed == pytest.approx(0.1)
    assert stayed.by_chance == pytest.approx(distances[~np.eye(32, dtype=bool)].mean())
    assert stayed.p < 0.001


def test_bank_test_detects_a_common_shift_only():
    rates = RNG.uniform(4.0, 16.0, 40)
    first, *_ = bank(rates, [0.4])
    wandered, *_ = bank(rates + RNG.permuted(np.repeat([-1.0, 1.0], 20)), [0.4])
    drifted, *_ = bank(rates + 1.0, [0.4])
    assert bank_test(responses(first), responses(drifted)).p < 0.01
    still = bank_test(responses(first), responses(wandered))
    assert still.p > 0.05
    assert still.by_chance > 0
