import numpy as np
import pytest

from pyannote_strf.metrics.ranked_clips import (
    RankedClips,
    weighted_accuracy,
    weighted_balanced_accuracy,
    weighted_mean_f1,
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
            ranked.average_precision(weights), expected.average_precision, rtol=1e-12
        )
        found = scores > 0.5
        assert weighted_mean_f1(targets, found, weights) == pytest.approx(
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
