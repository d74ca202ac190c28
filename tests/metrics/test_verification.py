import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.metrics import roc_curve

from pyannote_strf.metrics.verification import (
    bootstrap_interval,
    equal_error_rate,
    min_detection_cost,
    tradeoff,
)


def reference_rate(reference, scores):
    false_alarm, hit, _ = roc_curve(reference, scores)
    return brentq(lambda x: 1.0 - x - interp1d(false_alarm, hit)(x), 0.0, 1.0, xtol=1e-12)


def rate(reference, scores):
    return equal_error_rate(tradeoff(reference, scores)).rate


@pytest.mark.parametrize("seed", range(20))
def test_equal_error_rate_is_at_the_crossing_of_the_roc(seed):
    rng = np.random.default_rng(seed)
    reference = rng.permutation(np.arange(500) < rng.integers(5, 495)).astype(int)
    scores = rng.standard_normal(500) + rng.uniform(-1, 3) * reference
    if seed % 2:
        # many ties
        scores = np.round(scores, 1)
    assert rate(reference, scores) == pytest.approx(reference_rate(reference, scores), abs=1e-6)


@pytest.mark.parametrize(
    ("reference", "scores", "expected"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 1], 0.0),
        ([1, 1, 0, 0], [0, 0, 1, 1], 1.0),
        ([0, 1, 0, 1], [2, 2, 2, 2], 0.5),
        ([0, 1], [1e30, -1e30], 1.0),
        ([0, 0, 0, 1], [1, 2, 3, 2.5], 1 / 3),
    ],
)
def test_equal_error_rate_of_degenerate_scores(reference, scores, expected):
    assert rate(reference, scores) == pytest.approx(expected, abs=1e-12)


trials = st.lists(st.tuples(st.integers(0, 1), st.integers(-5, 5)), min_size=2, max_size=60).filter(
    lambda pairs: len({kind for kind, _ in pairs}) == 2
)


@settings(deadline=None)
@given(trials)
def test_equal_error_rate_depends_on_the_order_of_scores_only(pairs):
    reference, scores = np.array(pairs).T
    found = rate(reference, scores)
    assert 0 <= found <= 1
    assert found == pytest.approx(1 - rate(reference, -scores), abs=1e-9)
    assert found == pytest.approx(rate(reference, 3 * scores + 7), abs=1e-9)


@settings(deadline=None)
@given(trials, st.floats(0.01, 0.99))
def test_detection_cost_is_the_minimum_over_thresholds(pairs, prior):
    reference, scores = np.array(pairs).T
    costs = []
    for threshold in [np.inf, *np.unique(scores)]:
        accepted = scores >= threshold
        miss = np.mean(~accepted[reference == 1])
        false_alarm = np.mean(accepted[reference == 0])
        costs.append(prior * miss + (1 - prior) * false_alarm)
    expected = min(costs) / min(prior, 1 - prior)
    assert min_detection_cost(tradeoff(reference, scores), prior) == pytest.approx(expected)


def test_threshold_gives_the_equal_error_rate():
    rng = np.random.default_rng(0)
    reference = np.repeat([0, 1], 5000)
    scores = rng.standard_normal(10000) + 2 * reference
    found, threshold = equal_error_rate(tradeoff(reference, scores))
    assert np.mean(scores[reference == 0] >= threshold) == pytest.approx(found, abs=1e-3)
    assert np.mean(scores[reference == 1] < threshold) == pytest.approx(found, abs=1e-3)


@pytest.mark.parametrize(
    ("reference", "scores", "message"),
    [
        ([1, 1], [0.0, 1.0], "undefined: no trial of two speakers"),
        ([0, 0], [0.0, 1.0], "undefined: no trial of the same speaker"),
        ([0, 1], [np.nan, 1.0], "1 scores are not finite"),
    ],
)
def test_undefined_error_rates_are_refused(reference, scores, message):
    with pytest.raises(ValueError, match=message):
        tradeoff(reference, scores)


def simulated(rng, num_speakers, per_speaker=6, own=1.0):
    """Return all trials between recordings, with scores that depend on speakers."""
    speakers = np.repeat(np.arange(num_speakers), per_speaker)
    peculiar = own * rng.standard_normal((num_speakers, num_speakers))
    left, right = np.triu_indices(len(speakers), 1)
    sides = np.stack([speakers[left], speakers[right]], axis=1)
    reference = (sides[:, 0] == sides[:, 1]).astype(int)
    scores = 2.5 * reference + peculiar[tuple(sides.T)] + 0.5 * rng.standard_normal(len(reference))
    return reference, scores, sides


def test_bootstrap_interval_resamples_speakers():
    low, high = np.array(
        [
            bootstrap_interval(*simulated(np.random.default_rng(seed), 12), num_resamples=100)
            for seed in range(40)
        ]
    ).T
    rates = np.array([rate(*simulated(np.random.default_rng(seed), 12)[:2]) for seed in range(40)])
    truth = rate(*simulated(np.random.default_rng(0), 300, per_speaker=2)[:2])
    covered = np.mean((low <= truth) & (truth <= high))
    assert covered >= 0.85
    assert ((low <= rates) & (rates <= high)).mean() >= 0.95


def test_bootstrap_interval_matches_explicit_copies_of_trials():
    reference, scores, sides = simulated(np.random.default_rng(1), 5, per_speaker=3)
    # with ties
    scores = np.round(scores, 1)
    found = bootstrap_interval(reference, scores, sides, num_resamples=50, seed=3)
    rng = np.random.default_rng(3)
    rates = []
    while len(rates) < 50:
        drawn = rng.integers(5, size=5)
        copied = []
        for index, (left, right) in enumerate(sides):
            times_left, times_right = np.sum(drawn == left), np.sum(drawn == right)
            copied += [index] * (times_left if left == right else times_left * times_right)
        if len(set(reference[copied])) == 2:
            rates.append(reference_rate(reference[copied], scores[copied]))
    assert found == pytest.approx(np.percentile(rates, [2.5, 97.5]), abs=1e-9)
