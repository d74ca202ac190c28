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
    # in order of appearance: products of matrices round by the place of a row
    files = {id(trial[side]): trial[side] for trial in trials for side in ("file1", "file2")}
    numbers = {key: number for number, key in enumerate(files)}
    sides = [[numbers[id(trial[side])] for side in ("file1", "file2")] for trial in trials]
    embeddings = []
    for done, file in enumerate(files.values()):
        progress(f"embedding, {what}", done, len(files))
        embeddings.append(pipeline.embed(file))
    progress(f"embedding, {what}", len(files), len(files))
    return np.array(embeddings), np.array(sides)
