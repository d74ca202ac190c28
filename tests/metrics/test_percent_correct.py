import numpy as np
import pytest
from scipy.stats import beta
from sklearn.metrics import balanced_accuracy_score, recall_score

from pyannote_strf.metrics.percent_correct import binomial_interval, percent_correct
from pyannote_strf.metrics.tagging import confusions


def check_random(seed):
    rng = np.random.default_rng(seed)
    num_clips = int(rng.integers(1, 60))
    # classes 4 and 5 have no clips
    reference, predicted = rng.integers(0, 4, num_clips), rng.integers(0, 6, num_clips)
    counts = confusions(reference, predicted, 6)
    found = percent_correct(counts)
    hits = int((reference == predicted).sum())
    assert found.pooled.value == pytest.approx(hits / num_clips, abs=1e-9)
    low = beta.ppf(0.025, hits, num_clips - hits + 1) if hits else 0
    high = beta.ppf(0.975, hits + 1, num_clips - hits) if hits < num_clips else 1
    assert found.pooled[1:] == pytest.approx((low, high), abs=1e-9)
    present = np.unique(reference)
    expected = recall_score(reference, predicted, labels=present, average=None)
    recalls = [found.of_classes[each].value for each in present]
    assert recalls == pytest.approx(expected.tolist(), abs=1e-9)
    assert found.balanced == pytest.approx(np.mean(expected), abs=1e-9)
    assert all(np.isnan(found.of_classes[each].value) for each in {*range(6)} - {*present})


@pytest.mark.parametrize("seed", range(20))
def test_proportions_match_their_definitions(seed):
    check_random(seed)


def test_balanced_proportion_is_that_of_sklearn():
    reference, predicted = [0, 0, 0, 1, 2, 2], [0, 1, 0, 1, 1, 2]
    found = percent_correct(confusions(reference, predicted, 3))
    assert found.balanced == pytest.approx(balanced_accuracy_score(reference, predicted))


@pytest.mark.parametrize(
    ("percent", "total", "low", "high"),
    [(62.7, 7943, 61.6, 63.8), (67.1, 7943, 66.1, 68.2), (70.3, 8136, 69.3, 71.3)],
)
def test_intervals_are_those_published_for_zebra_finches(percent, total, low, high):
    found = binomial_interval(round(percent / 100 * total), total)
    assert [round(100 * value, 1) for value in found] == pytest.approx(
        [percent, low, high], abs=0.11
    )


def test_confusions_of_folds_are_added():
    folds = [np.array([[3, 1], [0, 2]]), np.array([[1, 0], [2, 1]])]
    found = percent_correct(sum(folds))
    assert found.pooled.value == pytest.approx(7 / 10)
    assert [each.value for each in found.of_classes] == pytest.approx([4 / 5, 3 / 5])


@pytest.mark.parametrize("counts", [[[1, 2]], [1, 2], [[1, -1], [0, 1]]])
def test_other_arrays_are_refused(counts):
    with pytest.raises(ValueError, match="expected a square matrix of counts"):
        percent_correct(counts)
