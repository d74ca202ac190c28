"""Data loading workers started with `spawn` or `forkserver`.

Workers started with `fork` share the memory of their parent. Other workers get a pickled task,
which has two problems:

- pyannote.database 6.1 creates classes of databases and protocols at run time. Pickle cannot find
  them by name.
- Lightning 2.6 pickles models without their trainer. In the worker, the epoch is always 0 and the
  rank is always 0, and pyannote.audio seeds the choice of chunks with them.

Importing this module makes :class:`pyannote.audio.core.task.Task` pickle without the protocol,
which workers do not use, and with the position of the trainer.

https://github.com/pyannote/pyannote-database/blob/develop/src/pyannote/database/registry.py
https://github.com/Lightning-AI/pytorch-lightning/blob/master/src/lightning/pytorch/core/module.py
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pyannote.audio.core.task import Task


class Position(NamedTuple):
    """Epoch and ranks of the trainer, which workers read."""

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


Task.__getstate__ = _getstate  # type: ignore[assignment, method-assign]
Task.__setstate__ = _setstate  # type: ignore[attr-defined]
