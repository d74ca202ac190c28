"""Whether annotation ends before its recording does."""

from __future__ import annotations

from collections.abc import Iterator

from pyannote.core import Annotation, Timeline

# annotation may reach beyond its audio by as much, in seconds: times are rounded
TOLERANCE = 0.01


def check_extents(
    annotation: Annotation | None, annotated: Timeline | None, duration: float
) -> Iterator[str]:
    """Find what reaches beyond a recording.

    Parameters
    ----------
    annotation : Annotation or None
    annotated : Timeline or None
    duration : float
        Of the recording, in seconds.

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
