"""Going on from an epoch."""

from __future__ import annotations

from pathlib import Path

import yaml
from lightning.pytorch import Callback, Trainer
from pyannote.audio.core.model import Model

from pyannote_strf.checks import describe
from pyannote_strf.experiment.checkpoints import WholeCheckpointIO
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.layout import TrainDir
from pyannote_strf.experiment.optimisation import MONITORED

# what a checkpoint holds the state of: to go on, config.yml must say of it what it said before
RESUMED_SECTIONS = ("task", "feature_extraction", "architecture", "optimizer", "scheduler")


class StepOnResume(Callback):
    """Take the step of schedulers that monitor a loss which checkpoints come too early for.

    Lightning 2.6 steps these after it wrote the checkpoint of an epoch, and not again on resuming.
    """

    def __init__(self):
        self.monitored: float | None = None

    def state_dict(self) -> dict:
        return {MONITORED: self.monitored}

    def load_state_dict(self, state_dict: dict) -> None:
        self.monitored = state_dict[MONITORED]

    def on_train_start(self, trainer: Trainer, pl_module: Model) -> None:
        if self.monitored is not None:
            for config in trainer.lr_scheduler_configs:
                if config.reduce_on_plateau:
                    config.scheduler.step(self.monitored)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: Model) -> None:
        loss = trainer.callback_metrics.get(MONITORED)
        self.monitored = None if loss is None else float(loss)


def specs(train_dir: TrainDir) -> dict:
    """What `specs.yml` says of a run: nothing before its first epoch ended."""
    if not train_dir.specs.is_file():
        return {}
    content = yaml.safe_load(train_dir.specs.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}


def resume_from(train_dir: TrainDir, start: int | str, end: int) -> Path | None:
    """Checkpoint to go on from, or None to start from scratch.

    Raises
    ------
    ValueError
        If there is none of that epoch, or epochs after it, or nothing to be done.
    """
    epochs = train_dir.epochs()
    if start == "last":
        if not epochs:
            raise ValueError(
                f"{train_dir.path}: no epoch was completed there; leave out --from=last"
            )
        start = epochs[-1]
    if start == 0:
        if epochs:
            raise ValueError(
                f"{train_dir.path}: trained to epoch {epochs[-1]} already; go on with --from=last, "
                "or remove that directory"
            )
        return None
    if start not in epochs:
        there = f"there are {epochs[0]} to {epochs[-1]}" if epochs else "there is none"
        raise ValueError(f"{train_dir.path}: no checkpoint of epoch {start}; {there}")
    if start >= end:
        raise ValueError(
            f"{train_dir.path}: epoch {start} was reached already; raise --to (now {end})"
        )
    if start < epochs[-1]:
        raise ValueError(
            f"{train_dir.path}: trained to epoch {epochs[-1]} already; remove checkpoints after "
            f"epoch {start} from weights/ to train them again"
        )
    return train_dir.checkpoint(start)


def check_unchanged(train_dir: TrainDir, checkpoint: Path, config: Config) -> None:
    """
    Raises
    ------
    ValueError
        If the checkpoint is not whole, or `config.yml` asks for another model or optimiser than it holds.
    """
    try:
        WholeCheckpointIO().load_checkpoint(checkpoint, weights_only=False)
    except Exception as error:
        # unpickling part of a checkpoint raises nearly anything, at length
        reason = describe(error).partition(". ")[0]
        raise ValueError(
            f"{checkpoint}: not a whole checkpoint ({reason}); remove it, and go on from the epoch before"
        ) from error
    for name, before in specs(train_dir).get("config", {}).items():
        if config.content.get(name) != before:
            raise ValueError(
                f"{config.path}: section {name!r} has changed since epoch 1 ({train_dir.specs} keeps it); "
                f"change it back, or start from these weights in another directory: --pretrained={checkpoint}"
            )
