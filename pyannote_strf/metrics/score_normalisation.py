"""Score normalisation by a cohort of speakers."""

from __future__ import annotations

import numpy as np

# cohort scores that normalisation takes into account
TOP = 400


def cosine(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the cosine similarity of all pairs of vectors.

    Parameters
    ----------
    left : (m, dimension) or (dimension,) array
    right : (n, dimension) or (dimension,) array

    Returns
    -------
    scores : (m, n) array
        Without the axis of a single vector.
    """
    return _unit(left) @ _unit(right).T


def trial_scores(embeddings: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """Return the cosine similarity of both sides of each trial.

    Parameters
    ----------
    embeddings : (recording, dimension) array
    sides : (trial, 2) array of int
        Indices of the recordings that each trial compares.

    Returns
    -------
    scores : (trial,) array
    """
    left, right = _unit(embeddings)[sides.T]
    return np.sum(left * right, axis=1)


def adaptive_s_norm(
    scores: np.ndarray,
    sides: np.ndarray,
    embeddings: np.ndarray,
    cohort: np.ndarray,
    top: int = TOP,
) -> np.ndarray:
    """Normalise cosine scores by adaptive symmetric normalisation.

    Each side of a trial is compared with a cohort of other speakers. The score is normalised by the
    mean and standard deviation of the `top` highest of these cohort scores, and averaged over both
    sides.

    Parameters
    ----------
    scores : (trial,) array
        Cosine similarities.
    sides : (trial, 2) array of int
        Indices of the recordings that each trial compares.
    embeddings : (recording, dimension) array
    cohort : (speaker, dimension) array
        Mean embeddings of speakers.
    top : int, optional
        Number of cohort scores. Defaults to 400, or the size of a smaller cohort.

    Returns
    -------
    normalised : (trial,) array

    Raises
    ------
    ValueError
        If the cohort has fewer than two speakers, or if all its scores with a recording are equal.

    References
    ----------
    Matějka et al., "Analysis of score normalization in multilingual speaker recognition",
    Interspeech 2017: eq. 5, "adaptive s-norm1".
    """
    if len(cohort) < 2:
        raise ValueError(f"score normalisation needs at least two speakers, got {len(cohort)}")
    best = np.sort(cosine(embeddings, cohort), axis=1)[:, -top:]
    mean, deviation = best.mean(axis=1), best.std(axis=1)
    if not (deviation > 0).all():
        raise ValueError("score normalisation: all cohort scores of a recording are equal")
    return np.mean([(scores - mean[side]) / deviation[side] for side in sides.T], axis=0)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
