import numpy as np
import pytest
from paired import Comparison, clip_accuracy, detection_error_rate, trial_error_rate
from scipy.stats import bootstrap

from pyannote_strf.metrics.verification import equal_error_rate, tradeoff
from tests.benchmarks.results import clips, detection, stored, verification


def test_the_interval_of_a_difference_is_that_of_scipy_on_paired_clips():
    rng = np.random.default_rng(1)
    first = rng.random(80) < 0.6
    # mostly the same clips: an unpaired interval would be three times as wide
    second = np.where(rng.random(80) < 0.1, ~first, first)
    results = [stored("mel", 0, clips(first)), stored("strf", 0, clips(second))]
    found = Comparison(clip_accuracy, results, num_resamples=4000).difference("strf", "mel")
    differences = 100 * (second.astype(float) - first)
    interval = bootstrap(
        (differences,), np.mean, n_resamples=4000, method="percentile", rng=2
    ).confidence_interval
    assert found.value == pytest.approx(differences.mean())
    assert found.low == pytest.approx(interval.low, abs=1.3)
    assert found.high == pytest.approx(interval.high, abs=1.3)


def test_detection_errors_are_weighted_by_speech_and_drawn_with_their_file():
    wrong = {"mel": [1.0, 2.0, 9.0], "strf": [2.0, 2.0, 3.0]}
    results = [stored(name, 0, detection(each)) for name, each in wrong.items()]
    comparison = Comparison(detection_error_rate, results, num_resamples=3000)
    speech = np.array([10.0, 20.0, 30.0])
    assert comparison.by_seed("mel") == [pytest.approx(100 * 12 / 60)]
    assert comparison.difference("strf", "mel").value == pytest.approx(100 * (7 - 12) / 60)

    drawn = np.random.default_rng(5).integers(3, size=(3000, 3))
    ratios = [np.array(each)[drawn].sum(1) / speech[drawn].sum(1) for each in wrong.values()]
    expected = 100 * np.percentile(ratios[1] - ratios[0], [2.5, 97.5])
    found = comparison.difference("strf", "mel")
    np.testing.assert_allclose([found.low, found.high], expected, atol=0.5)


def test_means_over_seeds_use_the_seeds_that_both_have():
    right = {("mel", 0): 2, ("mel", 1): 6, ("strf", 0): 4, ("hcqt", 1): 7}
    results = [stored(*run, clips(np.arange(10) < number)) for run, number in right.items()]
    comparison = Comparison(clip_accuracy, results, num_resamples=10)
    assert comparison.mean("mel").value == pytest.approx(40)
    assert comparison.difference("strf", "mel").value == pytest.approx(20)
    assert comparison.difference("hcqt", "mel").value == pytest.approx(10)
    assert comparison.difference("hcqt", "strf") is None


def test_clips_of_one_group_are_drawn_together():
    right = np.repeat([True, False], 30)
    groups = ["a"] * 30 + ["b"] * 30
    results = [stored("mel", 0, clips(right, groups))]
    comparison = Comparison(clip_accuracy, results, num_resamples=200)
    assert comparison.num_units == 2
    assert set(comparison.values[0].tolist()) == {0.0, 50.0, 100.0}


def test_speakers_are_drawn_with_all_their_trials():
    rng = np.random.default_rng(3)
    content = verification(rng, distance=0.7)
    result = stored("mel", 0, content)
    measure = trial_error_rate([result])
    drawn = np.array([1, 3, 0, 2, 4])
    # independent: repeat each trial, of the speakers that were drawn
    names = [int(speaker) for speaker in content["speakers"].values()]
    repeated = []
    for left, right, target, score in content["trials"]:
        one, other = names[left], names[right]
        count = drawn[one] if one == other else drawn[one] * drawn[other]
        repeated += [(target, score)] * int(count)
    expected = equal_error_rate(tradeoff(*zip(*repeated))).rate
    assert measure.num_units == 5
    assert measure.value(0, drawn) == pytest.approx(expected)
    assert measure.value(0, np.ones(5, dtype=int)) != pytest.approx(expected)


@pytest.mark.parametrize(
    ("measure", "results"),
    [
        (clip_accuracy, [clips([True] * 3), clips([True] * 4)]),
        (detection_error_rate, [detection([1.0]), detection([1.0, 2.0])]),
        (
            trial_error_rate,
            [verification(np.random.default_rng(0), num_files=n) for n in (3, 4)],
        ),
    ],
)
def test_results_of_other_files_are_refused(measure, results):
    first, second = (stored(name, 0, each) for name, each in zip(("mel", "strf"), results))
    with pytest.raises(ValueError, match=r"mel \(seed 0\) and strf \(seed 0\): .* other files"):
        measure([first, second])
