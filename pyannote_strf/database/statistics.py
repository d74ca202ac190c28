"""Statistics of recordings: duration, speech, overlap, speakers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyannote.core import Annotation, Timeline


@dataclass(frozen=True)
class FileStatistics:
    """Statistics of one recording, in seconds.

    Attributes
    ----------
    uri : str
        Name of the recording.
    duration : float
        Duration of its audio.
    annotated, speech, overlap : float
        Duration of the annotated part, and of its parts with at least one and at least two
        speakers.
    speakers : mapping of str to float
        Duration of speech by speaker. If speaker names are local to a recording (scope "file"),
        they are prefixed with its name.
    """

    uri: str
    duration: float
    annotated: float
    speech: float
    overlap: float
    speakers: Mapping[str, float]


def file_statistics(file: Mapping[str, Any], duration: float) -> FileStatistics:
    """Measure one recording.

    Parameters
    ----------
    file : mapping
        Protocol file with "uri", "annotation" and "annotated".
    duration : float
        Duration of its audio, in seconds.

    Returns
    -------
    statistics : FileStatistics

    Examples
    --------
    >>> from pyannote.core import Segment
    >>> annotation = Annotation()
    >>> annotation[Segment(0, 4)], annotation[Segment(3, 6)] = "A", "B"
    >>> annotated = Timeline([Segment(0, 5)])
    >>> file = {"uri": "x", "annotation": annotation, "annotated": annotated}
    >>> statistics = file_statistics(file, duration=10.0)
    >>> statistics.annotated, statistics.speech, statistics.overlap, statistics.speakers
    (5, 5, 1, {'A': 4, 'B': 2})
    """
    annotated: Timeline = file["annotated"].support()
    annotation: Annotation = file["annotation"].crop(annotated)
    return FileStatistics(
        uri=file["uri"],
        duration=duration,
        annotated=annotated.duration(),
        speech=annotation.get_timeline().support().duration(),
        overlap=annotation.get_overlap().duration(),
        speakers={
            f"{file['uri']} {speaker}" if file.get("scope") == "file" else str(speaker): time
            for speaker, time in annotation.chart()
        },
    )


@dataclass(frozen=True)
class SubsetStatistics:
    """Statistics of a subset: sums over its recordings, in seconds.

    Attributes
    ----------
    files : int
        Number of recordings.
    duration, annotated, speech, overlap : float
        See :class:`FileStatistics`.
    speakers : frozenset of str
        Names of speakers.
    """

    files: int
    duration: float
    annotated: float
    speech: float
    overlap: float
    speakers: frozenset[str]


def subset_statistics(recordings: Iterable[FileStatistics]) -> SubsetStatistics:
    """Return the sums of statistics over the recordings of a subset."""
    recordings = list(recordings)
    return SubsetStatistics(
        files=len(recordings),
        duration=sum(recording.duration for recording in recordings),
        annotated=sum(recording.annotated for recording in recordings),
        speech=sum(recording.speech for recording in recordings),
        overlap=sum(recording.overlap for recording in recordings),
        speakers=frozenset(speaker for recording in recordings for speaker in recording.speakers),
    )
