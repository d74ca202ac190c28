"""Loss of clips with one or several labels, some of which may be unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pyannote_strf.messages import did_you_mean
from pyannote_strf.tags import UNKNOWN

# weights of classes by the inverse of their number of clips
BALANCED = "balanced"

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


def weights_of_classes(
    given: str | Mapping[str, float] | None, classes: Sequence[str], targets: np.ndarray
) -> Tensor | None:
    """Return the weight of each class, or None if all are one.

    Parameters
    ----------
    given : "balanced", mapping of str to float, or None
        "balanced" weights a class by the inverse of its number of clips. Classes that are not in
        the mapping have weight 1.
    classes : sequence of str
    targets : (clip, class) array
        1 for labels of a clip.

    Raises
    ------
    ValueError
        If a class does not exist.

    Examples
    --------
    >>> weights_of_classes({"call": 2.0}, ["call", "song"], np.eye(2))
    tensor([2., 1.])
    """
    if given is None:
        return None
    if isinstance(given, str):
        counts = (targets == 1).sum(axis=0)
        return torch.tensor(counts.sum() / (len(classes) * counts), dtype=torch.float32)
    for name in given:
        if name not in classes:
            raise ValueError(
                f"class_weights: class {name!r} does not exist{did_you_mean(name, classes)}"
            )
    return torch.tensor([float(given.get(name, 1.0)) for name in classes])
