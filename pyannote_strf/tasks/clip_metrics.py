"""Validation metrics of clips, as torchmetrics metrics."""

from __future__ import annotations

from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import (
    BinaryAUROC,
    BinaryAveragePrecision,
    MulticlassAccuracy,
    MulticlassConfusionMatrix,
    MultilabelAUROC,
    MultilabelAveragePrecision,
)

from pyannote_strf.tags import UNKNOWN


class BalancedAccuracy(MulticlassConfusionMatrix):
    """Mean recall of the classes that have clips.

    (The macro accuracy of torchmetrics 1.9 counts classes without clips that are predicted.)

    Examples
    --------
    >>> import torch
    >>> metric = BalancedAccuracy(3)
    >>> metric(torch.tensor([0, 2, 1, 1]), torch.tensor([0, 0, 1, 1]))
    tensor(0.7500)
    """

    higher_is_better = True

    def compute(self) -> Tensor:
        """Return the mean recall, or NaN without clips."""
        confusion = super().compute().float()
        support = confusion.sum(dim=1)
        return (confusion.diag()[support > 0] / support[support > 0]).mean()


def clip_metrics(is_single: bool, num_classes: int) -> dict[str, Metric]:
    """Return the metrics that validation logs. Unknown labels do not count."""
    if is_single:
        return {
            "Accuracy": MulticlassAccuracy(num_classes, average="micro", ignore_index=UNKNOWN),
            "BalancedAccuracy": BalancedAccuracy(num_classes, ignore_index=UNKNOWN),
        }
    if num_classes == 1:
        return {
            "MeanAveragePrecision": BinaryAveragePrecision(ignore_index=UNKNOWN),
            "ROCAUC": BinaryAUROC(ignore_index=UNKNOWN),
        }
    return {
        "MeanAveragePrecision": MultilabelAveragePrecision(num_classes, ignore_index=UNKNOWN),
        "ROCAUC": MultilabelAUROC(num_classes, ignore_index=UNKNOWN),
    }
