"""Conversion of words to speech regions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pyannote.core import Annotation, Segment, Timeline
from pydantic import Field

# in seconds: times of adjacent words may differ by a rounding error
TOLERANCE = 1e-6

# type of option `gap` of recipes, see `speech_regions`
Gap = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def speech_regions(words: Iterable[tuple[str, float, float]], gap: float, uri: str) -> Annotation:
    """Merge the words of each speaker into speech regions.

    Parameters
    ----------
    words : iterable of (speaker, start, end)
        Times in seconds, in any order.
    gap : float
        Pauses shorter than this, in seconds, are filled. 0 merges only words that touch or overlap.
    uri : str
        Name of the recording.

    Returns
    -------
    annotation : Annotation

    Examples
    --------
    >>> words = [("A", 0.0, 0.5), ("A", 0.7, 1.0), ("B", 0.8, 1.2)]
    >>> print(speech_regions(words, gap=0.3, uri="meeting"))
    [ 00:00:00.000 -->  00:00:01.000] 0 A
    [ 00:00:00.800 -->  00:00:01.200] 1 B
    """
    by_speaker: dict[str, list[Segment]] = {}
    for speaker, start, end in words:
        if end > start:
            by_speaker.setdefault(speaker, []).append(Segment(start, end))
    annotation = Annotation(uri=uri)
    regions = [
        (region, speaker)
        for speaker, segments in by_speaker.items()
        for region in Timeline(segments).support(collar=max(gap, TOLERANCE))
    ]
    for index, (region, speaker) in enumerate(sorted(regions)):
        annotation[region, index] = speaker
    return annotation
