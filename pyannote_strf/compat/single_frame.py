"""Binarization of scores of a single frame.

`Binarize` of pyannote.audio 4.0.7 interpolates between the middles of frames, and fails if there is
only one frame.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/utils/signal.py
"""

from __future__ import annotations

import numpy as np
from pyannote.audio.utils.signal import Binarize as UpstreamBinarize
from pyannote.core import Annotation, SlidingWindow, SlidingWindowFeature


class Binarize(UpstreamBinarize):
    """Upstream's hysteresis thresholding with support for a single frame.

    A single frame is active or inactive as a whole.
    """

    def __call__(self, scores: SlidingWindowFeature) -> Annotation:
        """Return the active regions of scores."""
        if len(scores.data) == 1:
            scores = _at_both_ends(scores)
        return super().__call__(scores)


def _at_both_ends(scores: SlidingWindowFeature) -> SlidingWindowFeature:
    """Return two frames with the same score, whose middles are the ends of the single frame."""
    frame = scores.sliding_window[0]
    window = SlidingWindow(
        start=frame.start - frame.duration / 2, duration=frame.duration, step=frame.duration
    )
    return SlidingWindowFeature(np.repeat(scores.data, 2, axis=0), window, labels=scores.labels)
