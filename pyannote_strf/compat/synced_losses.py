"""Losses averaged over all processes of distributed training.

Tasks of pyannote.audio 4.0.7 log the loss of their own process. Schedulers that monitor it would
give each process a different learning rate.

Lightning 2.6 averages values logged with `sync_dist=True` when they are read first. The progress
bar, which exists in the first process only, would wait for the other processes forever.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/core/task.py
https://github.com/Lightning-AI/pytorch-lightning/blob/master/src/lightning/pytorch/callbacks/progress/rich_progress.py
"""

from __future__ import annotations

from functools import partial

from lightning.pytorch import Callback, LightningModule, Trainer


class SyncedLosses(Callback):
    """Average losses over processes, in all of them at once.

    It must come before progress bars in the list of callbacks.
    """

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Log all values with `sync_dist=True`."""
        pl_module.log = partial(  # type: ignore[method-assign]
            pl_module.log, sync_dist=True
        )

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Read the losses in all processes."""
        # reading computes the averages
        trainer.callback_metrics  # noqa: B018
