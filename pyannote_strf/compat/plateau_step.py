"""Schedulers that monitor a loss.

Lightning 2.6 steps them after it wrote the checkpoint of an epoch, and not again on resuming: one step
is lost.

https://github.com/Lightning-AI/pytorch-lightning/blob/master/src/lightning/pytorch/loops/fit_loop.py
"""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer


class PlateauStep(Callback):
    """Take, on resuming, the step that checkpoints come too early for."""

    def __init__(self):
        self.monitored: dict[str, float] = {}

    def state_dict(self) -> dict[str, Any]:
        return {"monitored": self.monitored}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.monitored = state_dict["monitored"]

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        for config in trainer.lr_scheduler_configs:
            if config.reduce_on_plateau and config.monitor in self.monitored:
                config.scheduler.step(self.monitored[config.monitor])

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.monitored = {
            config.monitor: float(trainer.callback_metrics[config.monitor])
            for config in trainer.lr_scheduler_configs
            if config.monitor in trainer.callback_metrics
        }
