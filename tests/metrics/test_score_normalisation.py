import numpy as np
import pytest
from scipy.spatial.distance import cdist

from pyannote_strf.metrics.score_normalisation import adaptive_s_norm, cosine, trial_scores


def test_cosine_matches_scipy():
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((4, 8)), rng.standard_normal((3, 8))
    assert np.allclose(cosine(left, right), 1 - cdist(left, right, metric="cosine"))


def test_trial_scores_are_cosine_similarities():
    embeddings = np.random.default_rng(0).standard_normal((5, 8))
    sides = np.array([[0, 1], [4, 2], [3, 3]])
    expected = cosine(embeddings, embeddings)[tuple(sides.T)]
    assert np.allclose(trial_scores(embeddings, sides), expected)


def test_cosine_with_a_zero_vector_is_zero():
    assert cosine(np.zeros((1, 3)), np.ones((1, 3))) == 0


@pytest.mark.parametrize("top", [5, 400])
def test_scores_are_normalised_by_the_top_cohort_scores_of_both_sides(top):
    rng = np.random.default_rng(0)
    embeddings, cohort = rng.standard_normal((6, 16)), rng.standard_normal((30, 16))
    sides = np.array([[0, 1], [2, 3], [4, 0], [5, 5]])
    scores = cosine(embeddings, embeddings)[tuple(sides.T)]
    expected = []
    for score, (left, right) in zip(scores, sides):
        halves = []
        for side in (left, right):
            near = sorted(1 - cdist(embeddings[[side]], cohort, "cosine")[0], reverse=True)[:top]
            halves.append((score - np.mean(near)) / np.std(near))
        expected.append(sum(halves) / 2)
    assert np.allclose(adaptive_s_norm(scores, sides, embeddings, cohort, top), expected)


@pytest.mark.parametrize(
    ("cohort", "message"),
    [
        (np.ones((1, 4)), "at least two speakers, got 1"),
        (np.ones((3, 4)), "all cohort scores of a recording are equal"),
    ],
)
def test_cohorts_without_variation_are_refused(cohort, message):
    sides = np.array([[0, 1]])
    with pytest.raises(ValueError, match=message):
        adaptive_s_norm(np.zeros(1), sides, np.eye(4)[:2] + 1, cohort)
