"""Resuming of training, with the same result as training without interruption."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.distributed
from lightning.pytorch import Callback, LightningModule, Trainer

from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.directories import TrainDir
from pyannote_strf.experiment.records import Specs
from pyannote_strf.models.checkpoint import read_checkpoint

# sections of config.yml that must not change, because checkpoints contain their state
RESUMED_SECTIONS = ("task", "feature_extraction", "architecture", "optimizer", "scheduler")

# what Lightning restores beside weights; it does not complain when one is missing
STATES = ("optimizer_states", "loops")


class RandomStates(Callback):
    """Save the global random states of every process in checkpoints, and restore them."""

    KEY = "random_states"

    def __init__(self) -> None:
        self.restored: dict[str, Any] | None = None

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the random states of all processes to a checkpoint."""
        own = random_states(pl_module.device)
        states: list[Any] = [own] * trainer.world_size
        if trainer.world_size > 1:
            torch.distributed.all_gather_object(states, own)
        checkpoint[self.KEY] = states

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Read the random states of this process, if the number of processes is the same."""
        states = checkpoint.get(self.KEY, [])
        if len(states) == trainer.world_size:
            self.restored = states[trainer.global_rank]

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Restore the random states of this process."""
        if self.restored is not None:
            set_random_states(self.restored, pl_module.device)


def random_states(device: torch.device) -> dict[str, Any]:
    """Return the global random states of this process, in types that `torch.load` accepts.

    Parameters
    ----------
    device : torch.device
        Device of the model, whose random state is included.

    Returns
    -------
    states : dict
    """
    name, keys, *rest = cast(tuple[str, np.ndarray, int, int, float], np.random.get_state())
    states: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": (name, keys.tolist(), *rest),
        "torch": torch.get_rng_state(),
    }
    if device.type != "cpu":
        states["device"] = torch.get_device_module(device).get_rng_state()
    return states


def set_random_states(states: dict[str, Any], device: torch.device) -> None:
    """Restore the random states that :func:`random_states` returned."""
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])
    torch.set_rng_state(states["torch"])
    if "device" in states and device.type != "cpu":
        torch.get_device_module(device).set_rng_state(states["device"])


def read_specs(train_dir: TrainDir, application: str | None = None) -> Specs | None:
    """Read `specs.yml` of a training run.

    Parameters
    ----------
    train_dir : TrainDir
    application : str, optional
        Name of the application that must have written the file. Defaults to any application.

    Returns
    -------
    specs : Specs or None
        None before the end of the first epoch.

    Raises
    ------
    ValueError
        If the file is malformed, or was written by another application.
    """
    return Specs.read(train_dir.specs, application) if train_dir.specs.is_file() else None


def resume_from(train_dir: TrainDir, start: int | str, end: int) -> Path | None:
    """Return the checkpoint to resume from.

    Parameters
    ----------
    train_dir : TrainDir
    start : int or "last"
        Epoch to resume from. 0 starts from scratch.
    end : int
        Epoch to train to.

    Returns
    -------
    checkpoint : Path or None
        None to start from scratch.

    Raises
    ------
    ValueError
        If the epoch has no checkpoint, is not the last one, or is not before `end`.
    """
    epochs = train_dir.epochs()
    if start == "last":
        if not epochs:
            raise ValueError(f"{train_dir.path}: no epoch was completed; leave out --from=last")
        start = epochs[-1]
    if start == 0:
        if epochs:
            raise ValueError(
                f"{train_dir.path}: already trained to epoch {epochs[-1]}; resume with "
                "--from=last, or train in another directory"
            )
        return None
    if start not in epochs:
        trained = f"{epochs[0]} to {epochs[-1]}" if epochs else "none"
        raise ValueError(
            f"{train_dir.path}: no checkpoint of epoch {start}; trained epochs: {trained}"
        )
    if start >= end:
        raise ValueError(
            f"{train_dir.path}: already trained to epoch {start}; raise --to (now {end})"
        )
    if start < epochs[-1]:
        raise ValueError(
            f"{train_dir.path}: already trained to epoch {epochs[-1]}; to train epochs after "
            f"{start} again, move their checkpoints out of weights/"
        )
    return train_dir.checkpoint(start)


def check_resumable(train_dir: TrainDir, checkpoint: Path, config: Config, trust: bool) -> None:
    """Check that training can resume from a checkpoint.

    Parameters
    ----------
    train_dir : TrainDir
    checkpoint : Path
    config : Config
    trust : bool
        Whether the checkpoint may contain any class.

    Raises
    ------
    ValueError
        If the checkpoint cannot be read or lacks a state, or `config.yml` defines another task,
        model, optimiser or scheduler.
    """
    try:
        _, content = read_checkpoint(checkpoint, trust)
        for name in STATES:
            if not content.get(name):
                raise ValueError(f"{checkpoint}: holds no {name}, only weights")
    except ValueError as error:
        raise ValueError(
            f"{error}; to resume from the epoch before, move this file out of weights/"
        ) from error
    written = read_specs(train_dir)
    for name, before in written.config.items() if written else ():
        if config.content.get(name) != before:
            raise ValueError(
                f"{config.path}: section {name!r} has changed since epoch 1 (see "
                f"{train_dir.specs}); change it back, or start from these weights in another "
                f"directory: --pretrained={checkpoint}"
            )
