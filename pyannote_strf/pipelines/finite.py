"""Check for scores that are NaN or infinite."""

from __future__ import annotations

from torch import Tensor, nn

NOT_FINITE = (
    "not finite; check that its samples lie between -1 and 1, and that training of the model did "
    "not diverge"
)


class NotFiniteError(ValueError):
    """The output of a model is NaN or infinite."""


class Finite(nn.Module):
    """Identity that raises :class:`NotFiniteError` if a value is NaN or infinite.

    >>> import torch
    >>> Finite()(torch.tensor([0.5, torch.nan]))
    Traceback (most recent call last):
    ...
    pyannote_strf.pipelines.finite.NotFiniteError: scores are not finite
    """

    def forward(self, scores: Tensor) -> Tensor:
        """Return the scores unchanged."""
        if not scores.isfinite().all():
            raise NotFiniteError("scores are not finite")
        return scores
