"""Losses of all processes that train together.

Tasks of pyannote.audio 4.0.7 log the loss of their own process. Schedulers that monitor it would give
each process a learning rate of its own.

Lightning 2.6 averages what is logged with `sync_dist=True` as soon as it is asked for: by the progress
bar, which is in the first process only. It would wait there for the others, for ever.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/core/task.py
https://github.com/Lightning-AI/pytorch-lightning/blob/master/src/lightning/pytorch/callbacks/progress/rich_progress.py
"""

from __future__ import annotations

from functools import partial

from lightning.pytorch import Callback, LightningModule, Trainer


class SyncedLosses(Callback):
    """Average losses over processes, in all of them at once. Comes before progress bars."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        pl_module.log = partial(pl_module.log, sync_dist=True)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        # computed when read
        trainer.callback_metrics  # noqa: B018
