"""Equal error rate of trials, in terms of torchmetrics."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities.data import dim_zero_cat

from pyannote_strf.metrics.verification import equal_error_rate, tradeoff


class TrialEqualErrorRate(Metric):
    """Equal error rate of cosine similarities between embeddings of numbered recordings.

    Parameters
    ----------
    trials : (trial, 3) array of int
        Reference (1 for the same speaker), and numbers of both recordings.

    Examples
    --------
    >>> metric = TrialEqualErrorRate(np.array([[1, 0, 1], [0, 0, 2]]))
    >>> metric(torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]]), torch.tensor([0, 1, 2]))
    tensor(0.)
    """

    is_differentiable = False
    higher_is_better = False
    # a batch has no trials of its own: it is all of them or none
    full_state_update = False

    def __init__(self, trials: np.ndarray, **kwargs):
        super().__init__(**kwargs)
        self.trials = trials
        self.add_state("embeddings", default=[], dist_reduce_fx="cat")
        self.add_state("numbers", default=[], dist_reduce_fx="cat")

    def update(self, embeddings: Tensor, numbers: Tensor) -> None:
        """Add embeddings, (batch, dimension), of recordings of those numbers, (batch,)."""
        # numpy, which computes the rate, has no bfloat16
        self.embeddings.append(embeddings.detach().float())
        self.numbers.append(numbers)

    def compute(self) -> Tensor:
        """NaN while recordings are missing, or if embeddings are not finite."""
        numbers = dim_zero_cat(self.numbers)
        reference, left, right = torch.as_tensor(self.trials, device=numbers.device).T
        if len(numbers.unique()) <= int(max(left.max(), right.max())):
            return torch.tensor(float("nan"))
        embeddings = dim_zero_cat(self.embeddings)
        # several processes may have embedded one recording: any of them will do
        ordered = torch.empty_like(embeddings[: int(numbers.max()) + 1])
        ordered[numbers] = embeddings
        scores = F.cosine_similarity(ordered[left], ordered[right])
        if not scores.isfinite().all():
            return torch.tensor(float("nan"))
        rate = equal_error_rate(tradeoff(reference.cpu(), scores.cpu())).rate
        return torch.tensor(rate, dtype=torch.float32)
