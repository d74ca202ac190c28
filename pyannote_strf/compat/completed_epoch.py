"""Checkpoints that count their epoch as completed.

Lightning 2.6 counts an epoch as completed after `on_train_epoch_end`, where the checkpoint is
written. When training resumes, data loading workers start before Lightning corrects the count, and
draw the chunks of that epoch again.

https://github.com/Lightning-AI/pytorch-lightning/blob/master/src/lightning/pytorch/loops/fit_loop.py
"""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer


class CompletedEpoch(Callback):
    """Count the last epoch of a checkpoint as completed."""

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Correct the count of completed epochs in the checkpoint."""
        progress = checkpoint["loops"]["fit_loop"]["epoch_progress"]
        for counts in progress.values():
            counts["completed"] = counts["processed"]
