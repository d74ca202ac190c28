import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    label_ranking_average_precision_score,
    roc_auc_score,
)

from pyannote_strf.metrics.ranked_clips import (
    PredictedLabels,
    RankedClips,
    RankedLabels,
    weighted_accuracy,
    weighted_balanced_accuracy,
)
from pyannote_strf.metrics.tagging import accuracy, balanced_accuracy, class_scores, f1_scores


@pytest.mark.parametrize("seed", range(5))
def test_weights_repeat_clips(seed):
    rng = np.random.default_rng(seed)
    targets = rng.integers(-1, 2, (40, 5))
    targets[:, 4] = 0
    # few values, so that there are ties
    scores = rng.integers(0, 8, (40, 5)) / 8
    ranked = RankedClips(targets, scores)
    for weights in (np.ones(40, dtype=int), rng.integers(0, 4, 40)):
        rows = np.repeat(np.arange(40), weights)
        expected = class_scores(targets[rows], scores[rows])
        assert ranked.mean_average_precision(weights) == pytest.approx(
            expected.mean_average_precision
        )
        assert ranked.mean_roc_auc(weights) == pytest.approx(expected.mean_roc_auc)

        np.testing.assert_allclose(
            ranked.areas(weights).average_precision, expected.average_precision, rtol=1e-12
        )
        np.testing.assert_allclose(ranked.areas(weights).roc_auc, expected.roc_auc, rtol=1e-12)
        found = scores > 0.5
        assert PredictedLabels(targets, found).mean_f1(weights) == pytest.approx(
            np.nanmean(f1_scores(targets[rows], scores[rows], np.full(5, 0.51)))
        )

        reference, predicted = rng.integers(0, 5, (2, 40))
        assert weighted_accuracy(reference, predicted, weights) == pytest.approx(
            accuracy(reference[rows], predicted[rows])
        )
        assert weighted_balanced_accuracy(reference, predicted, weights) == pytest.approx(
            balanced_accuracy(reference[rows], predicted[rows])
        )


def test_metrics_are_not_defined_without_positive_clips():
    ranked = RankedClips([[0], [-1]], [[0.1], [0.2]])
    assert np.isnan(ranked.mean_average_precision(np.ones(2)))
    assert np.isnan(ranked.mean_roc_auc(np.ones(2)))


def direct_lwlrap(targets, scores, weights):
    """Mean over the labels of clips of the precision up to each, from its definition."""
    total = count = 0
    for target, score, weight in zip(targets, scores, weights):
        for label in np.flatnonzero(target == 1):
            listed = (score >= score[label]) & (target != -1)
            total += weight * (listed & (target == 1)).sum() / listed.sum()
            count += weight
    return total / count


def random_case(seed, unknown=0.2):
    """Targets with an empty class, and scores with ties."""
    rng = np.random.default_rng(seed)
    shape = int(rng.integers(2, 25)), int(rng.integers(2, 8))
    targets = (rng.random(shape) < 0.4).astype(int)
    targets[rng.random(shape) < unknown] = -1
    targets[:, -1] = 0
    targets[0, 0], targets[1, 0] = 1, 0
    levels = rng.choice([4, 10**6])
    return targets, rng.integers(0, levels, shape) / levels, rng


def check_lwlrap(seed):
    targets, scores, rng = random_case(seed)
    ranked = RankedLabels(targets, scores)
    for weights in (
        np.ones(len(targets)),
        rng.integers(0, 3, len(targets)) + np.eye(len(targets))[0],
    ):
        found = ranked.label_weighted_precision(weights)
        assert found == pytest.approx(direct_lwlrap(targets, scores, weights), abs=1e-9)


def check_fsd50k(seed):
    targets, scores, _ = random_case(seed, unknown=0)
    ones = np.ones(len(targets))
    columns = [c for c in range(targets.shape[1]) if 0 < targets[:, c].sum() < len(targets)]
    full = [c for c in range(targets.shape[1]) if targets[:, c].any()]
    ranked = RankedClips(targets, scores)
    precision = [average_precision_score(targets[:, c], scores[:, c]) for c in full]
    assert ranked.mean_average_precision(ones) == pytest.approx(np.mean(precision), abs=1e-9)
    area = np.mean([roc_auc_score(targets[:, c], scores[:, c]) for c in columns])
    assert ranked.mean_roc_auc(ones) == pytest.approx(area, abs=1e-9)
    rows = targets.any(axis=1)
    expected = label_ranking_average_precision_score(
        targets[rows], scores[rows], sample_weight=targets[rows].sum(axis=1)
    )
    found = RankedLabels(targets, scores).label_weighted_precision(ones)
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_precision_of_ranked_labels_matches_its_definition(seed):
    check_lwlrap(seed)


@pytest.mark.parametrize("seed", range(20))
def test_metrics_of_fsd50k_are_those_of_sklearn(seed):
    check_fsd50k(seed)


def test_clips_without_labels_do_not_count_in_rankings():
    ranked = RankedLabels([[1, 0], [0, 0]], [[0.1, 0.9], [0.9, 0.1]])
    assert ranked.label_weighted_precision(np.ones(2)) == 0.5
    assert np.isnan(ranked.label_weighted_precision(np.array([0, 1])))
