"""Equal error rate of trials, as a torchmetrics metric."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities.data import dim_zero_cat

from pyannote_strf.metrics.verification import equal_error_rate, tradeoff


class TrialEqualErrorRate(Metric):
    """Equal error rate of the cosine similarities of trials.

    Parameters
    ----------
    trials : (trial, 3) array of int
        Reference (1 for the same speaker, 0 for two speakers) and the indices of both recordings.
    kwargs : optional
        See :class:`torchmetrics.Metric`.

    Examples
    --------
    >>> metric = TrialEqualErrorRate(np.array([[1, 0, 1], [0, 0, 2]]))
    >>> metric(torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]]), torch.tensor([0, 1, 2]))
    tensor(0.)
    """

    is_differentiable = False
    higher_is_better = False
    # single batches have no trials
    full_state_update = False

    embeddings: list[Tensor]
    indices: list[Tensor]

    def __init__(self, trials: np.ndarray, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.trials = trials
        self.add_state("embeddings", default=[], dist_reduce_fx="cat")
        self.add_state("indices", default=[], dist_reduce_fx="cat")

    def update(self, embeddings: Tensor, indices: Tensor) -> None:
        """Add (batch, dimension) embeddings of the recordings with these (batch,) indices."""
        # NumPy, which computes the rate, does not support bfloat16
        self.embeddings.append(embeddings.detach().float())
        self.indices.append(indices)

    def compute(self) -> Tensor:
        """Return the rate, or NaN if a recording is missing or an embedding is not finite."""
        indices = dim_zero_cat(self.indices)
        reference, left, right = torch.as_tensor(self.trials, device=indices.device).T
        if len(indices.unique()) <= int(max(left.max(), right.max())):
            return torch.tensor(float("nan"))
        embeddings = dim_zero_cat(self.embeddings)
        # if several processes embedded the same recording, any of its embeddings is used
        ordered = torch.empty_like(embeddings[: int(indices.max()) + 1])
        ordered[indices] = embeddings
        scores = F.cosine_similarity(ordered[left], ordered[right])
        if not scores.isfinite().all():
            return torch.tensor(float("nan"))
        rate = equal_error_rate(tradeoff(reference.cpu(), scores.cpu())).rate
        return torch.tensor(rate, dtype=torch.float32)
