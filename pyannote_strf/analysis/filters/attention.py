"""Weights of attention to bands, over clips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class AttentionWeights:
    """Weights of bands over clips.

    Attributes
    ----------
    mean, spread : (channel, band) array
        Mean and standard deviation over clips. The standard deviation of a single clip is 0.
    num_clips : int
    """

    mean: np.ndarray
    spread: np.ndarray
    num_clips: int


def attention_weights(batches: Iterable[np.ndarray]) -> AttentionWeights:
    """Average weights over clips.

    Parameters
    ----------
    batches : iterable of (clip, channel, band) array

    Examples
    --------
    >>> weights = attention_weights([np.array([[[0.2, 0.5]]]), np.array([[[0.4, 0.5]]])])
    >>> weights.mean.round(2), weights.spread.round(2)
    (array([[0.3, 0.5]]), array([[0.14, 0.  ]]))
    """
    weights = np.concatenate(list(batches)).astype(float)
    spread = weights.std(axis=0, ddof=1) if len(weights) > 1 else np.zeros(weights.shape[1:])
    return AttentionWeights(weights.mean(axis=0), spread, len(weights))
