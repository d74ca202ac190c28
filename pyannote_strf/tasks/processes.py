"""What each process of several trains on, and validates.

Upstream's tasks draw a whole epoch in each process, and Lightning gives every process as many items of
the development set, some of them twice.
"""

from __future__ import annotations

import math

from pyannote.audio.core.task import Task


def num_processes(task: Task) -> int:
    """Number of processes that train together: 1 without a trainer."""
    return 1 if task.trainer is None else task.trainer.world_size


def share(task: Task, num_chunks: int) -> int:
    """Number of chunks of an epoch that one process draws: whole batches, at least one.

    Parameters
    ----------
    task : Task
    num_chunks : int
        Chunks of the epoch in all processes.
    """
    num_batches = num_chunks // task.batch_size
    return task.batch_size * max(1, math.ceil(num_batches / num_processes(task)))


def filled_up(task: Task, num_items: int) -> int:
    """Number of items, filled up so that every process gets as many."""
    return num_processes(task) * math.ceil(num_items / num_processes(task))
