"""Sizes of training and validation sets in each process of distributed training.

Upstream's tasks draw a whole epoch in every process. Lightning repeats some items of the
development set so that every process gets the same number of items.
"""

from __future__ import annotations

import math

from pyannote.audio.core.task import Task


def num_processes(task: Task) -> int:
    """Return the number of processes that train together, 1 without a trainer."""
    return 1 if task.trainer is None else task.trainer.world_size


def chunks_per_process(task: Task, num_chunks: int) -> int:
    """Return the number of chunks that one process draws in an epoch.

    Parameters
    ----------
    task : Task
    num_chunks : int
        Number of chunks of the epoch in all processes.

    Returns
    -------
    num_chunks : int
        A multiple of the batch size, at least one batch.
    """
    num_batches = num_chunks // task.batch_size
    return task.batch_size * max(1, math.ceil(num_batches / num_processes(task)))


def padded_num_items(task: Task, num_items: int) -> int:
    """Return the number of items rounded up to a multiple of the number of processes."""
    return num_processes(task) * math.ceil(num_items / num_processes(task))
