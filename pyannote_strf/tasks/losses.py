"""Losses for speaker embeddings, built on pytorch-metric-learning."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable

from pytorch_metric_learning.distances import CosineSimilarity
from pytorch_metric_learning.losses import (
    ArcFaceLoss,
    CosFaceLoss,
    LargeMarginSoftmaxLoss,
    TripletMarginLoss,
)
from pytorch_metric_learning.miners import TripletMarginMiner
from torch import Tensor, nn

from pyannote_strf.checks import check_choice


class SemiHardTripletLoss(nn.Module):
    """Triplet loss of cosine similarities with semi-hard mining.

    For each pair of anchor and positive, only the negatives count that are less similar to the
    anchor than the positive is, by less than the margin.

    Parameters
    ----------
    margin : float
        In cosine similarity.

    References
    ----------
    Schroff et al., "FaceNet: a unified embedding for face recognition and clustering", CVPR 2015.
    """

    def __init__(self, margin: float) -> None:
        super().__init__()
        distance = CosineSimilarity()
        self.mine = TripletMarginMiner(margin, type_of_triplets="semihard", distance=distance)
        self.loss = TripletMarginLoss(margin, distance=distance)

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of (batch, dimension) embeddings with (batch,) integer labels."""
        return self.loss(embeddings, labels, self.mine(embeddings, labels))


def additive_angular_margin(
    num_classes: int, dimension: int, margin: float = 0.2, scale: float = 30.0
) -> nn.Module:
    """Return the additive angular margin loss (ArcFace).

    Parameters
    ----------
    num_classes : int
        Number of speakers.
    dimension : int
        Dimension of embeddings.
    margin : float, optional
        In radians. Defaults to 0.2.
    scale : float, optional
        Factor that cosine similarities are multiplied by. Defaults to 30.

    References
    ----------
    Deng et al., "ArcFace: additive angular margin loss for deep face recognition", CVPR 2019.
    """
    # pytorch-metric-learning takes degrees
    return ArcFaceLoss(num_classes, dimension, margin=math.degrees(margin), scale=scale)


def additive_margin(
    num_classes: int, dimension: int, margin: float = 0.2, scale: float = 30.0
) -> nn.Module:
    """Return the additive margin loss (CosFace).

    Parameters
    ----------
    num_classes : int
        Number of speakers.
    dimension : int
        Dimension of embeddings.
    margin : float, optional
        In cosine similarity. Defaults to 0.2.
    scale : float, optional
        Factor that cosine similarities are multiplied by. Defaults to 30.

    References
    ----------
    Wang et al., "CosFace: large margin cosine loss for deep face recognition", CVPR 2018.
    """
    return CosFaceLoss(num_classes, dimension, margin=margin, scale=scale)


def softmax(num_classes: int, dimension: int) -> nn.Module:
    """Return the cross-entropy of a linear classifier without bias.

    Parameters
    ----------
    num_classes : int
        Number of speakers.
    dimension : int
        Dimension of embeddings.
    """
    # with a margin of 1, logits are the product of embeddings and weights
    return LargeMarginSoftmaxLoss(num_classes, dimension, margin=1, scale=1)


def triplet(num_classes: int, dimension: int, margin: float = 0.2) -> nn.Module:
    """Return the triplet loss with semi-hard mining, which has no weights.

    Parameters
    ----------
    num_classes, dimension : int
        Ignored: every loss takes them.
    margin : float, optional
        In cosine similarity. Defaults to 0.2.
    """
    return SemiHardTripletLoss(margin)


LOSSES: dict[str, Callable[..., nn.Module]] = {
    "additive_angular_margin": additive_angular_margin,
    "additive_margin": additive_margin,
    "softmax": softmax,
    "triplet": triplet,
}


def check_loss(loss: str, options: Iterable[str]) -> None:
    """Check that a loss exists, and that it has these options.

    Raises
    ------
    ValueError
        If the loss or an option does not exist.

    >>> check_loss("softmax", ["margin"])
    Traceback (most recent call last):
    ...
    ValueError: loss 'softmax' has no margin
    """
    check_choice("loss", loss, LOSSES)
    parameters = inspect.signature(LOSSES[loss]).parameters
    for name in options:
        if name not in parameters:
            raise ValueError(f"loss {loss!r} has no {name}")
