import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pyannote_strf.analysis.filters.indices import (
    asymmetry,
    low_pass,
    low_share,
    marginals,
    separability,
)

RATES, DENSITIES = np.linspace(0, 30, 61), np.linspace(-4, 4, 81)


def hill(rate, density, width=4.0, height=0.6):
    at = ((RATES - rate) / width) ** 2 + ((DENSITIES[:, None] - density) / height) ** 2
    return np.exp(-at)


def test_one_hill_is_separable_and_two_are_not():
    assert separability(hill(8.0, 1.0)) == pytest.approx(1.0, abs=1e-6)
    assert separability(hill(4.0, 1.0) + hill(16.0, 3.0)) < 0.7
    # each direction is separable on its own
    assert separability(hill(4.0, 2.0) + hill(16.0, -2.0)) == pytest.approx(1.0, abs=0.01)


def test_separability_of_order_two_uses_squared_singular_values():
    # products that do not overlap have their norms as singular values
    power = np.zeros((81, 61))
    power[50, 10], power[60, 20] = 4.0, 3.0
    power += power[::-1]
    assert separability(power) == pytest.approx(4 / 7)
    assert separability(power, order=2) == pytest.approx(16 / 25)
    assert separability(hill(8.0, 1.0), order=2) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("faint", [0.0, 1e-200])
def test_directions_without_power_are_skipped(order, faint):
    rising = hill(4.0, 2.0) + hill(16.0, 3.0)
    rising[:41] = 0.0
    alone = separability(rising + rising[::-1], order)
    rising[:40] = faint
    assert separability(rising, order) == pytest.approx(alone)
    assert np.isnan(separability(np.zeros((81, 61)), order))


def test_separability_of_order_two_is_the_energy_of_the_best_product():
    rising = (hill(4.0, 1.0) + hill(16.0, 3.0))[40:]
    left, values, right = np.linalg.svd(rising)
    rest = rising - values[0] * np.outer(left[:, 0], right[0])
    expected = 1 - (rest**2).sum() / (rising**2).sum()
    both = np.concatenate([rising[:0:-1], rising])
    assert separability(both, order=2) == pytest.approx(expected)


@given(arrays(float, (7, 5), elements=st.floats(0.01, 1)))
def test_indices_are_within_their_bounds(power):
    assert 1 / 4 - 1e-9 <= separability(power) <= separability(power, order=2) + 1e-9 <= 1 + 2e-9
    assert -1 <= asymmetry(power) <= 1
    assert asymmetry(power[::-1]) == pytest.approx(-asymmetry(power))
    assert all(0 < low_pass(marginal) <= 1 for marginal in marginals(power))


def test_low_pass_separates_low_pass_from_band_pass_power():
    temporal, spectral = marginals(hill(0.0, 0.0))
    assert low_pass(temporal) == 1
    assert RATES[temporal.argmax()] == 0
    assert DENSITIES[spectral.argmax()] == pytest.approx(0)
    temporal, spectral = marginals(hill(10.0, 2.0))
    assert low_pass(temporal) < 0.5
    assert (RATES[temporal.argmax()], DENSITIES[spectral.argmax()]) == pytest.approx((10.0, 2.0))


def test_low_share_counts_power_at_low_modulations():
    assert low_share(hill(4.0, 0.0), RATES, DENSITIES) > 0.99
    assert low_share(hill(16.0, 0.0), RATES, DENSITIES) == pytest.approx(0.5, abs=0.1)
    assert low_share(hill(4.0, 3.9, height=0.3), RATES, DENSITIES) < 0.01


def test_asymmetry_has_the_sign_of_the_direction():
    assert asymmetry(hill(8.0, 2.0)) > 0.99
    assert asymmetry(hill(8.0, -2.0)) < -0.99
    assert asymmetry(hill(8.0, 0.0)) == pytest.approx(0, abs=1e-9)


def test_asymmetry_ignores_power_at_zero_rate():
    power = hill(8.0, 2.0) + hill(8.0, -2.0)
    power[DENSITIES > 0, 0] += 100
    assert asymmetry(power) == pytest.approx(0, abs=1e-9)
    power[DENSITIES > 0, 1] += 100
    assert asymmetry(power) > 0.5
