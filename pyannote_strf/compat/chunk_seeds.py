"""Chunks that differ between processes.

pyannote.audio 4.0.7 seeds the choice of chunks by Adler-32 of worker, process and epoch. Sums of
characters collide: worker 0 of process 1 draws, in one epoch, what worker 1 of process 0 draws in the
next.

Importing this module gives each process random numbers of its own. The first process, and so training
in one process, keeps upstream's.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/utils/random.py
"""

from __future__ import annotations

from random import Random

from pyannote.audio import Model
from pyannote.audio.tasks.segmentation import mixins
from pyannote.audio.utils.random import create_rng_for_worker as upstream_rng


def create_rng_for_worker(model: Model) -> Random:
    """Give the random numbers of a data loading worker in this process and epoch."""
    rng = upstream_rng(model)
    if model.global_rank > 0:
        rng.seed(f"process {model.global_rank}: {rng.random()}")
    return rng


mixins.create_rng_for_worker = create_rng_for_worker
