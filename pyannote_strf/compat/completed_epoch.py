"""The epoch that a checkpoint closes.

Lightning 2.6 counts an epoch as completed after `on_train_epoch_end`, where its checkpoint is written.
On resuming, data loading workers start before it makes up for that, and draw the chunks of that epoch
again.

https://github.com/Lightning-AI/pytorch-lightning/blob/master/src/lightning/pytorch/loops/fit_loop.py
"""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer


class CompletedEpoch(Callback):
    """Count the epoch that a checkpoint closes as completed."""

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        progress = checkpoint["loops"]["fit_loop"]["epoch_progress"]
        for counts in progress.values():
            counts["completed"] = counts["processed"]
