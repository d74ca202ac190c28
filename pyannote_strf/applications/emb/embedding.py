"""Embeddings of the recordings of trials."""

from __future__ import annotations

import numpy as np

from pyannote_strf.pipelines import SpeakerVerification
from pyannote_strf.progress import Progress, silent


def embed_sides(
    pipeline: SpeakerVerification, trials: list[dict], what: str, progress: Progress = silent
) -> tuple[np.ndarray, np.ndarray]:
    """Embed the recordings of trials, each once.

    Returns
    -------
    embeddings : (recording, dimension) array
    sides : (trial, 2) array of int
        Embeddings that each trial compares.
    """
    sides = np.array([[id(trial[side]) for side in ("file1", "file2")] for trial in trials])
    recordings, numbers = np.unique(sides, return_inverse=True)
    files = {id(trial[side]): trial[side] for trial in trials for side in ("file1", "file2")}
    embeddings = []
    for done, recording in enumerate(recordings):
        progress(f"embedding, {what}", done, len(recordings))
        embeddings.append(pipeline.embed(files[recording]))
    progress(f"embedding, {what}", len(recordings), len(recordings))
    return np.array(embeddings), numbers.reshape(-1, 2)
