"""Progress bar of training."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import RichProgressBar


class EpochProgressBar(RichProgressBar):
    """Progress bar that counts epochs from 1, as checkpoints are named, and shows the loss."""

    def _get_train_description(self, current_epoch: int) -> str:
        return f"Epoch {current_epoch + 1}/{self.trainer.max_epochs}"

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """Return the values to show beside the bar."""
        metrics = super().get_metrics(trainer, pl_module)
        # name of the TensorBoard folder
        metrics.pop("v_num", None)
        losses = {k: v.item() for k, v in trainer.callback_metrics.items() if k.startswith("loss/")}
        return {**metrics, **losses}
