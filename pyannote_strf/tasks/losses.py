"""Losses that separate speakers, all of them pytorch-metric-learning's."""

from __future__ import annotations

import math

from pytorch_metric_learning.distances import CosineSimilarity
from pytorch_metric_learning.losses import (
    ArcFaceLoss,
    CosFaceLoss,
    LargeMarginSoftmaxLoss,
    TripletMarginLoss,
)
from pytorch_metric_learning.miners import TripletMarginMiner
from torch import Tensor, nn


class SemiHardTripletLoss(nn.Module):
    """Triplet loss of cosine similarities, over triplets that are semi-hard.

    Of each anchor and positive, negatives count that are farther than the positive, by less than
    the margin.

    Parameters
    ----------
    margin : float

    References
    ----------
    Schroff et al., "FaceNet: a unified embedding for face recognition and clustering", CVPR 2015.
    """

    def __init__(self, margin: float):
        super().__init__()
        distance = CosineSimilarity()
        self.mine = TripletMarginMiner(margin, type_of_triplets="semihard", distance=distance)
        self.loss = TripletMarginLoss(margin, distance=distance)

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        return self.loss(embeddings, labels, self.mine(embeddings, labels))


def additive_angular_margin(
    num_classes: int, dimension: int, margin: float = 0.2, scale: float = 30.0
):
    # pytorch-metric-learning takes degrees
    return ArcFaceLoss(num_classes, dimension, margin=math.degrees(margin), scale=scale)


def additive_margin(num_classes: int, dimension: int, margin: float = 0.2, scale: float = 30.0):
    return CosFaceLoss(num_classes, dimension, margin=margin, scale=scale)


def softmax(num_classes: int, dimension: int):
    # a margin of 1 is none, and leaves the product of embeddings and weights
    return LargeMarginSoftmaxLoss(num_classes, dimension, margin=1, scale=1)


def triplet(num_classes: int, dimension: int, margin: float = 0.2):
    return SemiHardTripletLoss(margin)


LOSSES = {
    loss.__name__: loss for loss in (additive_angular_margin, additive_margin, softmax, triplet)
}
