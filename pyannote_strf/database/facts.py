"""Facts about the recordings of a protocol: durations, speech, overlap, speakers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyannote.core import Annotation, Timeline


@dataclass(frozen=True)
class FileFacts:
    """Facts about one recording, in seconds, within the part that is annotated.

    Attributes
    ----------
    uri : str
    duration : float
        Of its audio.
    annotated, speech, overlap : float
        Duration of what is annotated, of that with at least one speaker, with at least two.
    speakers : mapping of str to float
        Speech of each speaker. Where names hold within one recording only (scope "file"), they
        start with its own.
    """

    uri: str
    duration: float
    annotated: float
    speech: float
    overlap: float
    speakers: Mapping[str, float]


def facts(file: Mapping, duration: float) -> FileFacts:
    """Measure one recording that has `annotation` and `annotated`.

    Examples
    --------
    >>> from pyannote.core import Segment
    >>> annotation = Annotation()
    >>> annotation[Segment(0, 4)], annotation[Segment(3, 6)] = "A", "B"
    >>> annotated = Timeline([Segment(0, 5)])
    >>> facts({"uri": "x", "annotation": annotation, "annotated": annotated}, duration=10.0)
    FileFacts(uri='x', duration=10.0, annotated=5, speech=5, overlap=1, speakers={'A': 4, 'B': 2})
    """
    annotated: Timeline = file["annotated"].support()
    annotation: Annotation = file["annotation"].crop(annotated)
    return FileFacts(
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
class SubsetFacts:
    """Facts about a subset: sums over its recordings, in seconds."""

    files: int
    duration: float
    annotated: float
    speech: float
    overlap: float
    speakers: frozenset[str]


def summary(recordings: Iterable[FileFacts]) -> SubsetFacts:
    """Sum over recordings."""
    recordings = list(recordings)
    return SubsetFacts(
        files=len(recordings),
        **{
            name: sum(getattr(recording, name) for recording in recordings)
            for name in ("duration", "annotated", "speech", "overlap")
        },
        speakers=frozenset(speaker for recording in recordings for speaker in recording.speakers),
    )
