"""Progress of training."""

from __future__ import annotations

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import RichProgressBar


class EpochProgressBar(RichProgressBar):
    """Lightning's, which numbers epochs from 0, with the numbers that checkpoints have, and the loss."""

    def _get_train_description(self, current_epoch: int) -> str:
        return f"Epoch {current_epoch + 1}/{self.trainer.max_epochs}"

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict:
        metrics = super().get_metrics(trainer, pl_module)
        # the name of the folder that TensorBoard reads
        metrics.pop("v_num", None)
        losses = {k: v.item() for k, v in trainer.callback_metrics.items() if k.startswith("loss/")}
        return {**metrics, **losses}
