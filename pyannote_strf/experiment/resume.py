"""Going on from an epoch."""

from __future__ import annotations

from pathlib import Path

import yaml

from pyannote_strf.checks import describe
from pyannote_strf.experiment.checkpoints import WholeCheckpointIO
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.layout import TrainDir

# what a checkpoint holds the state of: to go on, config.yml must say of it what it said before
RESUMED_SECTIONS = ("task", "feature_extraction", "architecture", "optimizer", "scheduler")


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
