import itertools
import warnings
from statistics import NormalDist

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, f1_score
from torchmetrics.classification import MultilabelAUROC, MultilabelAveragePrecision

from pyannote_strf.metrics.tagging import (
    accuracy,
    balanced_accuracy,
    class_scores,
    confusions,
    d_prime,
    f1_scores,
    tune_thresholds,
)


def random_case(seed, num_clips=60, num_classes=4, unknown=0.2):
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 2, (num_clips, num_classes))
    targets[rng.random(targets.shape) < unknown] = -1
    # with ties
    return targets, rng.integers(0, 12, targets.shape) / 12


def direct_average_precision(reference, scores):
    """Sum precision times the increase of recall over thresholds, from their definitions."""
    total, recall = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        hits = sum(r for r, s in zip(reference, scores) if s >= threshold)
        found = sum(s >= threshold for s in scores)
        total += hits / found * (hits / sum(reference) - recall)
        recall = hits / sum(reference)
    return total


def direct_area(reference, scores):
    """Count pairs of a positive and a negative clip in the right order; ties count one half."""
    pairs = [
        (p > n) + 0.5 * (p == n)
        for p, of_p in zip(scores, reference)
        for n, of_n in zip(scores, reference)
        if of_p == 1 and of_n == 0
    ]
    return sum(pairs) / len(pairs)


@pytest.mark.parametrize("seed", range(5))
def test_scores_of_classes_match_their_definitions(seed):
    targets, scores = random_case(seed)
    found = class_scores(targets, scores)
    for column in range(targets.shape[1]):
        known = targets[:, column] != -1
        reference, values = targets[known, column].tolist(), scores[known, column].tolist()
        expected = direct_average_precision(reference, values)
        assert found.average_precision[column] == pytest.approx(expected)
        assert found.roc_auc[column] == pytest.approx(direct_area(reference, values))
        assert (found.known[column], found.positives[column]) == (len(reference), sum(reference))
    assert found.mean_average_precision == pytest.approx(found.average_precision.mean())
    assert found.mean_roc_auc == pytest.approx(found.roc_auc.mean())


def test_average_precision_is_the_sum_over_steps_and_not_the_trapezoid():
    reference = np.array([1, 0, 1, 0, 0, 1, 0, 0])[:, None]
    found = class_scores(reference, np.arange(0.9, 0.1, -0.1)[:, None])
    assert found.average_precision[0] == pytest.approx(0.72222, abs=1e-5)


def test_scores_of_classes_are_those_of_torchmetrics():
    targets, scores = random_case(7)
    found = class_scores(targets, scores)
    arguments = torch.tensor(scores), torch.tensor(targets)
    for metric, expected in (
        (MultilabelAveragePrecision, found.average_precision),
        (MultilabelAUROC, found.roc_auc),
    ):
        values = metric(4, average=None, ignore_index=-1)(*arguments)
        np.testing.assert_allclose(values.numpy(), expected, atol=1e-6)


def test_classes_without_positives_or_negatives_are_undefined_and_left_out_of_means():
    targets = np.array([[0, 1, 1, -1], [0, 1, 0, -1], [-1, 1, 1, -1]])
    scores = np.array([[0.1, 0.2, 0.9, 0.1], [0.2, 0.1, 0.8, 0.1], [0.3, 0.3, 0.1, 0.1]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = class_scores(targets, scores)
    assert np.isnan(found.average_precision).tolist() == [True, False, False, True]
    assert np.isnan(found.roc_auc).tolist() == [True, True, False, True]
    assert found.average_precision[1] == 1
    assert found.mean_average_precision == pytest.approx((1 + (1 + 2 / 3) / 2) / 2)
    assert found.mean_roc_auc == 0.5
    nothing = class_scores(np.zeros((3, 2), dtype=int), np.zeros((3, 2)))
    assert np.isnan([nothing.mean_average_precision, nothing.mean_roc_auc]).all()
    assert np.isnan(class_scores(np.zeros((0, 2)), np.zeros((0, 2))).mean_average_precision)


@pytest.mark.parametrize("seed", range(4))
def test_accuracies_match_their_definitions(seed):
    rng = np.random.default_rng(seed)
    reference, predicted = rng.integers(0, 4, 50), rng.integers(0, 6, 50)
    assert accuracy(reference, predicted) == np.mean([r == p for r, p in zip(reference, predicted)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = balanced_accuracy_score(reference, predicted)
    assert balanced_accuracy(reference, predicted) == pytest.approx(expected)
    counts = confusions(reference, predicted, 7)
    assert counts.shape == (7, 7)
    for row, column in itertools.product(range(7), repeat=2):
        assert counts[row, column] == sum((reference == row) & (predicted == column))


def test_metrics_without_clips_are_undefined():
    assert np.isnan([accuracy([], []), balanced_accuracy([], [])]).all()
    assert confusions([], [], 2).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("seed", range(5))
def test_tuned_thresholds_have_the_best_f1_score(seed):
    targets, scores = random_case(seed)
    thresholds = tune_thresholds(targets, scores)
    found = f1_scores(targets, scores, thresholds)
    for column in range(targets.shape[1]):
        known = targets[:, column] != -1
        reference, values = targets[known, column], scores[known, column]
        candidates = [f1_score(reference, values >= threshold) for threshold in set(values)]
        assert found[column] == pytest.approx(max(candidates))
        assert found[column] == pytest.approx(f1_score(reference, values >= thresholds[column]))
        # half-way between two scores, or the lowest
        assert (thresholds[column] not in values) or thresholds[column] == values.min()


def test_classes_without_positives_keep_the_default_threshold():
    targets, scores = np.array([[0, -1], [0, -1]]), np.array([[0.9, 0.1], [0.8, 0.2]])
    assert tune_thresholds(targets, scores).tolist() == [0.5, 0.5]
    assert tune_thresholds(targets, scores, default=0.3).tolist() == [0.3, 0.3]
    assert np.isnan(f1_scores(targets, scores, [0.5, 0.5])).all()


@pytest.mark.parametrize(
    ("targets", "scores", "message"),
    [
        ([1, 0], [0.1, 0.2], r"same shape \(clip, class\), got \(2,\)"),
        ([[1, 0]], [[0.1], [0.2]], r"got \(1, 2\) and \(2, 1\)"),
        ([[1, 0]], [[0.1, np.nan]], "1 scores are not finite"),
    ],
)
def test_malformed_scores_are_refused(targets, scores, message):
    for metric in (class_scores, tune_thresholds):
        with pytest.raises(ValueError, match=message):
            metric(targets, scores)


def test_d_prime_is_the_separation_of_normal_distributions():
    for area in np.linspace(0.001, 0.999, 1000):
        assert d_prime(area) == pytest.approx(2**0.5 * NormalDist().inv_cdf(area), abs=1e-9)
    assert d_prime(0.5) == pytest.approx(0)
    assert d_prime(1.0) == np.inf
