"""Data loading workers that `spawn` or `forkserver` start.

A worker started by fork sees the memory of its parent. Any other gets a pickled task, and:

- pyannote.database 6.1 makes classes of databases and protocols at run time: pickle cannot find them by
  their names.
- Lightning 2.6 pickles a model without its trainer. The worker then takes every epoch for epoch 0 and
  every process for rank 0, by which pyannote.audio seeds the choice of chunks.

Workers read what the task prepared, not the protocol, and ask the trainer for three numbers. Importing
this module makes :class:`pyannote.audio.core.task.Task` pickle accordingly.

https://github.com/pyannote/pyannote-database/blob/develop/src/pyannote/database/registry.py
https://github.com/Lightning-AI/pytorch-lightning/blob/master/src/lightning/pytorch/core/module.py
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pyannote.audio.core.task import Task


class Position(NamedTuple):
    """What a worker needs to know of the trainer."""

    current_epoch: int
    global_rank: int
    local_rank: int


def _getstate(task: Task) -> dict[str, Any]:
    state = {**vars(task), "protocol": None}
    if task.trainer is not None:
        state["trainer"] = Position(*(getattr(task.trainer, name) for name in Position._fields))
    return state


def _setstate(task: Task, state: dict[str, Any]) -> None:
    vars(task).update(state)
    if isinstance(task.trainer, Position):
        task.model.trainer = task.trainer


Task.__getstate__ = _getstate
Task.__setstate__ = _setstate
