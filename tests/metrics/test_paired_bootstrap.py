import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap

from pyannote_strf.metrics.paired_bootstrap import estimate, resample


def means(values):
    return lambda system, drawn: float(drawn @ values[system] / drawn.sum())


def test_intervals_agree_with_scipy():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 60))
    found = resample(means(values), 2, 60, num_resamples=4000)
    for system in (0, 1):
        expected = bootstrap(
            (values[system],), np.mean, method="percentile", n_resamples=4000, rng=1
        ).confidence_interval
        value, low, high = estimate(found[system])
        assert value == pytest.approx(values[system].mean())
        assert (low, high) == pytest.approx(expected, abs=0.02)


def test_draws_are_shared_by_all_systems():
    values = np.random.default_rng(0).normal(size=20)
    found = resample(means(np.stack([values, values + 1])), 2, 20)
    assert estimate(found[1] - found[0]) == pytest.approx((1, 1, 1))


@given(seed=st.integers(0, 100))
def test_draws_on_which_the_metric_is_undefined_are_repeated(seed):
    def only_with_the_first_unit(system, drawn):
        return 1.0 if drawn[0] else np.nan

    found = resample(only_with_the_first_unit, 1, 3, num_resamples=50, seed=seed)
    assert found.shape == (1, 51)
    assert (found == 1).all()


def test_a_single_unit_has_no_interval():
    found = resample(lambda system, drawn: 0.5, 1, 1, num_resamples=0)
    assert np.isnan(estimate(found[0])[1:]).all()


def test_metrics_that_are_undefined_on_all_units_raise_an_error():
    with pytest.raises(ValueError, match="not defined"):
        resample(lambda system, drawn: np.nan, 1, 3)
