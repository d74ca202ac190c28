"""Loss of clips with one or several labels, some of which may be unknown."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from pyannote_strf.tags import UNKNOWN

# smallest sum of weights, if no label is known
SMALLEST_TOTAL = 1e-6


def clip_loss(
    scores: Tensor,
    targets: Tensor,
    is_single: bool,
    weights: Tensor | None = None,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return the cross-entropy of clips with a single label, or binary cross-entropy.

    Parameters
    ----------
    scores : (batch, class) Tensor
        Log-probabilities if clips have a single label, otherwise probabilities.
    targets : (batch, class) Tensor
        Between 0 and 1, or -1 for unknown labels, which do not count. A clip with a single label
        does not count if it is unknown.
    is_single : bool
        Whether clips have a single label.
    weights : (class,) Tensor, optional
        Weights of classes. Default to 1.
    label_smoothing : float, optional
        Proportion of targets that is replaced by a uniform distribution over classes or, with
        several labels, by one half. Defaults to 0.

    Returns
    -------
    loss : () Tensor
        Weighted mean over known labels, or 0 if none is known.
    """
    # probabilities close to 0 and 1 have no half precision
    with torch.autocast(scores.device.type, enabled=False):
        scores, targets = scores.float(), targets.float()
        known = targets != UNKNOWN
        if is_single:
            known = known.all(dim=-1, keepdim=True)
        uniform = 1 / scores.shape[-1] if is_single else 0.5
        smooth = (1 - label_smoothing) * targets + label_smoothing * uniform
        smooth = smooth.where(known, smooth.new_zeros(()))
        of_classes = torch.ones_like(scores) if weights is None else weights.expand_as(scores)
        if is_single:
            losses = -(smooth * of_classes * scores).sum()
            total = (smooth * of_classes).sum()
        else:
            of_known = of_classes * known
            losses = F.binary_cross_entropy(scores, smooth, of_known, reduction="sum")
            total = of_known.sum()
        # 0 with a gradient if no label is known
        return losses / total.clamp(min=SMALLEST_TOTAL)
