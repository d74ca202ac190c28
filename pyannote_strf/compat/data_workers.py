"""Data loading workers started with `spawn` or `forkserver`.

Workers started with `fork` share the memory of their parent. Other workers get a pickled task,
which has three problems:

- pyannote.database 6.1 creates classes of databases and protocols at run time. Pickle cannot find
  them by name.
- Lightning 2.6 pickles models without their trainer. In the worker, the epoch is always 0 and the
  rank is always 0, and pyannote.audio seeds the choice of chunks with them.
- It also seeds with the environment variable PL_GLOBAL_SEED, which Lightning sets. Workers of a
  fork server see the environment in which the server was started, maybe for another training.

Importing this module makes :class:`pyannote.audio.core.task.Task` pickle without the protocol,
which workers do not use, and with the position of the trainer and the seed.

https://github.com/pyannote/pyannote-database/blob/develop/src/pyannote/database/registry.py
https://github.com/Lightning-AI/pytorch-lightning/blob/master/src/lightning/pytorch/core/module.py
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from pyannote.audio.core.task import Task


class Position(NamedTuple):
    """Epoch, ranks and number of processes of the trainer, which workers read."""

    current_epoch: int
    global_rank: int
    local_rank: int
    world_size: int


SEED = "PL_GLOBAL_SEED"


def _getstate(task: Task) -> dict[str, Any]:
    state = {**vars(task), "protocol": None, SEED: os.environ.get(SEED)}
    if task.trainer is not None:
        state["trainer"] = Position(*(getattr(task.trainer, name) for name in Position._fields))
    return state


def _setstate(task: Task, state: dict[str, Any]) -> None:
    seed = state.pop(SEED)
    if seed is not None:
        os.environ[SEED] = seed
    vars(task).update(state)
    if isinstance(task.trainer, Position):
        task.model.trainer = task.trainer


Task.__getstate__ = _getstate  # type: ignore[assignment, method-assign]
Task.__setstate__ = _setstate  # type: ignore[attr-defined]
