"""Random chunks that differ between processes.

pyannote.audio 4.0.7 seeds the choice of chunks with the Adler-32 checksum of worker, process and
epoch. Checksums collide: worker 0 of process 1 draws the same chunks in one epoch as worker 1 of
process 0 in the next.

Importing this module gives each process its own random numbers. Those of the first process, and so
of training in one process, stay as upstream's.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/utils/random.py
"""

from __future__ import annotations

from random import Random

from pyannote.audio import Model
from pyannote.audio.tasks.segmentation import mixins
from pyannote.audio.utils.random import create_rng_for_worker as upstream_rng


def create_rng_for_worker(model: Model) -> Random:
    """Return the random number generator of a data loading worker in this process and epoch."""
    rng = upstream_rng(model)
    if model.global_rank > 0:
        rng.seed(f"process {model.global_rank}: {rng.random()}")
    return rng


mixins.create_rng_for_worker = create_rng_for_worker
