"""Normalisation of scores by those of a cohort."""

from __future__ import annotations

import numpy as np

TOP = 400


def cosine(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Cosine similarity of all pairs, (left, right)."""
    return _unit(left) @ _unit(right).T


def trial_scores(embeddings: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """Cosine similarity of both sides of each trial.

    Parameters
    ----------
    embeddings : (recording, dimension) array
    sides : (trial, 2) array of int
        Embeddings that each trial compares.
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
    """Adaptive symmetric normalisation of cosine scores.

    Each side of a trial is compared with a cohort of other speakers; mean and standard deviation of
    its `top` highest scores tell what a score means for it. Both sides count alike.

    Parameters
    ----------
    scores : (trial,) array
    sides : (trial, 2) array of int
        Embeddings that each trial compares.
    embeddings : (recording, dimension) array
    cohort : (speaker, dimension) array
        Mean embeddings of speakers.
    top : int, optional
        Defaults to 400, or as many as there are.

    Raises
    ------
    ValueError
        If fewer than two speakers, or scores of which all are alike, leave nothing to normalise by.

    References
    ----------
    Matějka et al., "Analysis of score normalization in multilingual speaker recognition",
    Interspeech 2017: eq. 5, "adaptive s-norm1".
    """
    if len(cohort) < 2:
        raise ValueError(f"score normalisation needs two speakers at least, got {len(cohort)}")
    best = np.sort(cosine(embeddings, cohort), axis=1)[:, -top:]
    mean, deviation = best.mean(axis=1), best.std(axis=1)
    if not (deviation > 0).all():
        raise ValueError("score normalisation: a recording is as near to all of its cohort")
    return np.mean([(scores - mean[side]) / deviation[side] for side in sides.T], axis=0)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
