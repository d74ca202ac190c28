"""Going on from an epoch, as if training had not been stopped."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed
from lightning.pytorch import Callback, Trainer
from pyannote.audio.core.model import Model

from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.directories import TrainDir
from pyannote_strf.experiment.records import Specs
from pyannote_strf.models.checkpoint import read_checkpoint

# what a checkpoint holds the state of: to go on, config.yml must say of it what it said before
RESUMED_SECTIONS = ("task", "feature_extraction", "architecture", "optimizer", "scheduler")

# what Lightning restores of a checkpoint beside weights; where it is missing, in silence not at all
STATES = ("optimizer_states", "loops")


class RandomStates(Callback):
    """Keep the global random states of every process in checkpoints, and restore them."""

    KEY = "random_states"

    def __init__(self):
        self.restored: dict[str, Any] | None = None

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: Model, checkpoint: dict[str, Any]
    ) -> None:
        states = [random_states(pl_module.device)]
        if trainer.world_size > 1:
            own, states = states[0], [None] * trainer.world_size
            torch.distributed.all_gather_object(states, own)
        checkpoint[self.KEY] = states

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: Model, checkpoint: dict[str, Any]
    ) -> None:
        states = checkpoint.get(self.KEY, [])
        if len(states) == trainer.world_size:
            self.restored = states[trainer.global_rank]

    def on_fit_start(self, trainer: Trainer, pl_module: Model) -> None:
        if self.restored is not None:
            set_random_states(self.restored, pl_module.device)


def random_states(device: torch.device) -> dict[str, Any]:
    """Global random states of this process, in types that `torch.load(weights_only=True)` reads."""
    name, keys, *rest = np.random.get_state()
    states = {
        "python": random.getstate(),
        "numpy": (name, keys.tolist(), *rest),
        "torch": torch.get_rng_state(),
    }
    if device.type != "cpu":
        states["device"] = torch.get_device_module(device).get_rng_state()
    return states


def set_random_states(states: dict[str, Any], device: torch.device) -> None:
    """Set what :func:`random_states` returned."""
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])
    torch.set_rng_state(states["torch"])
    if "device" in states and device.type != "cpu":
        torch.get_device_module(device).set_rng_state(states["device"])


def specs(train_dir: TrainDir, application: str | None = None) -> Specs | None:
    """What `specs.yml` says of a run, or None before its first epoch ended.

    Raises
    ------
    ValueError
        If the file is malformed, or another application than this one trained there.
    """
    return Specs.read(train_dir.specs, application) if train_dir.specs.is_file() else None


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
                "or train in another directory"
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
            f"{train_dir.path}: trained to epoch {epochs[-1]} already; to train epochs after {start} "
            "again, move their checkpoints out of weights/"
        )
    return train_dir.checkpoint(start)


def check_resumable(train_dir: TrainDir, checkpoint: Path, config: Config, trust: bool) -> None:
    """Check that training can go on from a checkpoint.

    Raises
    ------
    ValueError
        If a checkpoint cannot be read or lacks a state, or `config.yml` asks for another model or
        optimiser than it holds.
    """
    try:
        _, content = read_checkpoint(checkpoint, trust)
        for name in STATES:
            if not content.get(name):
                raise ValueError(f"{checkpoint}: holds no {name}, only weights")
    except ValueError as error:
        raise ValueError(
            f"{error}; to go on from the epoch before, move this file out of weights/"
        ) from error
    written = specs(train_dir)
    for name, before in written.config.items() if written else ():
        if config.content.get(name) != before:
            raise ValueError(
                f"{config.path}: section {name!r} has changed since epoch 1 ({train_dir.specs} keeps it); "
                f"change it back, or start from these weights in another directory: --pretrained={checkpoint}"
            )
