"""Scores that are NaN or infinite are an error, not silence."""

from __future__ import annotations

from torch import Tensor, nn

NOT_FINITE = (
    "not finite; check that its samples lie between -1 and 1, and that training of the model did not "
    "diverge"
)


class NotFiniteError(ValueError):
    """What a model returned is NaN or infinite."""


class Finite(nn.Module):
    """Identity that refuses NaN and infinite values.

    >>> import torch
    >>> Finite()(torch.tensor([0.5, torch.nan]))
    Traceback (most recent call last):
    ...
    pyannote_strf.pipelines.finite.NotFiniteError: scores are not finite
    """

    def forward(self, scores: Tensor) -> Tensor:
        if not scores.isfinite().all():
            raise NotFiniteError("scores are not finite")
        return scores
