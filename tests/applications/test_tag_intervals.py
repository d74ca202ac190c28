"""Confidence intervals of metrics of clips."""

import numpy as np
import pytest

from pyannote_strf.applications.tag import evaluation
from pyannote_strf.applications.tag.evaluation import intervals
from pyannote_strf.applications.tag.metrics import metrics_of
from pyannote_strf.metrics.ranked_clips import RankedClips
from pyannote_strf.metrics.tagging import class_scores, f1_scores
from pyannote_strf.tags import TagTable


def estimated(table, scores, units, found=None):
    ranked = RankedClips(table.targets, scores)
    metrics = metrics_of(table, scores, found, ranked)
    return intervals(metrics, lambda each: ranked.areas(each).average_precision, units)


def test_intervals_are_those_of_a_direct_bootstrap_over_groups(monkeypatch):
    monkeypatch.setattr(evaluation, "RESAMPLES", 100)
    rng = np.random.default_rng(1)
    targets = rng.integers(-1, 2, (40, 4))
    # one positive clip, which some draws miss, and none
    targets[:, 2:] = 0
    targets[3, 2] = 1
    scores = rng.integers(0, 8, targets.shape) / 8
    units = np.arange(40) // 4
    table = TagTable(list("abcd"), False, targets)
    estimates, limits = estimated(table, scores, units, scores >= 0.5)

    draws = np.random.default_rng(0)
    rows = [np.arange(40)]
    for _ in range(100):
        drawn = draws.integers(10, size=10)
        rows.append(np.concatenate([np.flatnonzero(units == unit) for unit in drawn]))
    direct = [class_scores(targets[each], scores[each]) for each in rows]
    f1 = [np.nanmean(f1_scores(targets[each], scores[each], np.full(4, 0.5))) for each in rows]
    for name, values in (
        ("mean_average_precision", [each.mean_average_precision for each in direct]),
        ("roc_auc", [each.mean_roc_auc for each in direct]),
        ("mean_f1", f1),
    ):
        expected = (values[0], *np.percentile(values[1:], [2.5, 97.5]))
        assert estimates[name] == pytest.approx(expected, abs=1e-12)
    table = np.array([each.average_precision for each in direct[1:]])
    assert np.isnan(table[:, 2]).any()
    expected = np.nanpercentile(table[:, :3], [2.5, 97.5], axis=0).T
    np.testing.assert_allclose(limits[:3], expected, atol=1e-12)
    assert np.isnan(limits[3]).all()


def test_interval_of_an_accuracy_is_that_of_the_binomial_distribution_over_units():
    rng = np.random.default_rng(0)
    correct = rng.random(400) > 0.3
    targets = np.tile([[1, 0]], (1200, 1))
    scores = np.where(np.repeat(correct, 3)[:, None], [[0.9, 0.1]], [[0.1, 0.9]])
    # copies of a clip add no information
    estimates, _ = estimated(TagTable(["a", "b"], True, targets), scores, np.arange(1200) // 3)
    value, low, high = estimates["accuracy"]
    assert value == pytest.approx(correct.mean())
    margin = 1.96 * np.sqrt(value * (1 - value) / 400)
    assert (low, high) == pytest.approx((value - margin, value + margin), abs=0.008)
