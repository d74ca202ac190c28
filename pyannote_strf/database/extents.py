"""Comparison of annotation with the duration of its recording."""

from __future__ import annotations

from collections.abc import Iterator

from pyannote.core import Annotation, Timeline

from pyannote_strf.audio import TOLERANCE


def check_extents(
    annotation: Annotation | None, annotated: Timeline | None, duration: float
) -> Iterator[str]:
    """Find annotation that starts before, or ends after, its recording.

    Parameters
    ----------
    annotation : Annotation or None
    annotated : Timeline or None
        Annotated part of the recording.
    duration : float
        Duration of the recording, in seconds.

    Yields
    ------
    problem : str

    Examples
    --------
    >>> from pyannote.core import Segment
    >>> list(check_extents(None, Timeline([Segment(0, 7)]), duration=4.0))
    ['annotated up to 7.00 s, but its audio lasts 4.00 s']
    """
    speech = None if annotation is None else annotation.get_timeline()
    for what, timeline in (("annotated", annotated), ("speech", speech)):
        if not timeline:
            continue
        extent = timeline.extent()
        if extent.start < -TOLERANCE:
            yield f"{what} from {extent.start:.2f} s, before its audio starts"
        if extent.end > duration + TOLERANCE:
            end = f"{extent.end:.2f}" if extent.end < 1e7 else f"{extent.end:g}"
            yield f"{what} up to {end} s, but its audio lasts {duration:.2f} s"
