"""Cohort of speakers for score normalisation."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from pyannote.core import Segment, Timeline
from pyannote.database import ProtocolFile

from pyannote_strf.pipelines import SpeakerVerification
from pyannote_strf.progress import Progress, silent
from pyannote_strf.tasks.speaker_embedding import MIN_DURATION
from pyannote_strf.tasks.speech_turns import Turn, speech_turns

# VoxCeleb2 has 180 turns per speaker on average
TURNS_PER_SPEAKER = 10


def mean_embeddings(
    pipeline: SpeakerVerification, files: Iterable[ProtocolFile], progress: Progress = silent
) -> np.ndarray:
    """Return the mean embedding of each speaker, over the longest `TURNS_PER_SPEAKER` turns.

    Parameters
    ----------
    pipeline : SpeakerVerification
    files : iterable of ProtocolFile
        Files with annotation.
    progress : callable, optional
        See :data:`~pyannote_strf.progress.Progress`.

    Returns
    -------
    embeddings : (speaker, dimension) array

    Raises
    ------
    ValueError
        If there are fewer than two speakers.
    """
    by_speaker: dict[str, list[Turn]] = {}
    for turn in speech_turns(files):
        if turn.end - turn.start >= MIN_DURATION:
            by_speaker.setdefault(turn.speaker, []).append(turn)
    if len(by_speaker) < 2:
        raise ValueError(
            f"at least two speakers with a turn of {MIN_DURATION:g} s are needed, got "
            f"{len(by_speaker)}"
        )
    means = []
    for done, turns in enumerate(by_speaker.values()):
        progress("embedding, cohort", done, len(by_speaker))
        longest = sorted(turns, key=lambda turn: turn.start - turn.end)[:TURNS_PER_SPEAKER]
        embeddings = [
            pipeline.embed({**turn.file(), "try_with": Timeline([Segment(turn.start, turn.end)])})
            for turn in longest
        ]
        means.append(np.mean(embeddings, axis=0))
    progress("embedding, cohort", len(by_speaker), len(by_speaker))
    return np.array(means)
