"""Resuming with schedulers that monitor a loss.

Lightning 2.6 steps these schedulers after it writes the checkpoint of an epoch. When training
resumes from the checkpoint, that step is lost.

https://github.com/Lightning-AI/pytorch-lightning/blob/master/src/lightning/pytorch/loops/fit_loop.py
"""

from __future__ import annotations

from typing import Any, cast

from lightning.pytorch import Callback, LightningModule, Trainer
from torch.optim.lr_scheduler import ReduceLROnPlateau


class PlateauStep(Callback):
    """Repeat the last step of schedulers when training resumes."""

    def __init__(self) -> None:
        self.monitored: dict[str, float] = {}

    def state_dict(self) -> dict[str, Any]:
        """Return the last value of each monitored loss."""
        return {"monitored": self.monitored}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the last value of each monitored loss."""
        self.monitored = state_dict["monitored"]

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Step schedulers with the restored values."""
        for config in trainer.lr_scheduler_configs:
            if config.reduce_on_plateau and config.monitor in self.monitored:
                scheduler = cast(ReduceLROnPlateau, config.scheduler)
                scheduler.step(self.monitored[config.monitor])

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Store the value of each monitored loss."""
        self.monitored = {
            config.monitor: float(trainer.callback_metrics[config.monitor])
            for config in trainer.lr_scheduler_configs
            if config.monitor in trainer.callback_metrics
        }
