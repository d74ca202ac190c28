"""Speech in files of a single frame.

`Binarize` of pyannote.audio 4.0.7 joins the middles of frames, and fails where there is only one.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/utils/signal.py
"""

from __future__ import annotations

import numpy as np
from pyannote.audio.utils.signal import Binarize as UpstreamBinarize
from pyannote.core import Annotation, SlidingWindow, SlidingWindowFeature


class Binarize(UpstreamBinarize):
    """Upstream's hysteresis thresholding, which takes a single frame for active throughout, or not."""

    def __call__(self, scores: SlidingWindowFeature) -> Annotation:
        if len(scores.data) == 1:
            scores = _at_both_ends(scores)
        return super().__call__(scores)


def _at_both_ends(scores: SlidingWindowFeature) -> SlidingWindowFeature:
    """The same score at two frames, whose middles are the ends of the one there is."""
    frame = scores.sliding_window[0]
    window = SlidingWindow(
        start=frame.start - frame.duration / 2, duration=frame.duration, step=frame.duration
    )
    return SlidingWindowFeature(np.repeat(scores.data, 2, axis=0), window, labels=scores.labels)
