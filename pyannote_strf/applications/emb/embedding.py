"""Embeddings of the recordings of trials."""

from __future__ import annotations

import numpy as np

from pyannote_strf.pipelines import SpeakerVerification
from pyannote_strf.progress import Progress, silent


def embed_sides(
    pipeline: SpeakerVerification, trials: list[dict], what: str, progress: Progress = silent
) -> tuple[np.ndarray, np.ndarray]:
    """Embed each recording of a list of trials once.

    Parameters
    ----------
    pipeline : SpeakerVerification
    trials : list of dict
        Trials with "file1" and "file2".
    what : str
        Name of the trials, for the progress bar.
    progress : callable, optional
        See :data:`~pyannote_strf.progress.Progress`.

    Returns
    -------
    embeddings : (recording, dimension) array
    sides : (trial, 2) array of int
        Rows of `embeddings` that each trial compares.
    """
    # in order of appearance: rounding errors of matrix products depend on the order of rows
    files = {id(trial[side]): trial[side] for trial in trials for side in ("file1", "file2")}
    numbers = {key: number for number, key in enumerate(files)}
    sides = [[numbers[id(trial[side])] for side in ("file1", "file2")] for trial in trials]
    embeddings = []
    for done, file in enumerate(files.values()):
        progress(f"embedding, {what}", done, len(files))
        embeddings.append(pipeline.embed(file))
    progress(f"embedding, {what}", len(files), len(files))
    return np.array(embeddings), np.array(sides)
