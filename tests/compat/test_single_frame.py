import numpy as np
import pytest
from pyannote.audio.utils.signal import Binarize as UpstreamBinarize
from pyannote.core import Segment, SlidingWindow, SlidingWindowFeature

from pyannote_strf.compat.single_frame import Binarize

SPEECH = SlidingWindowFeature(np.ones((1, 1)), SlidingWindow(duration=0.025, step=0.01))


def test_upstream_still_fails_on_a_single_frame():
    with pytest.raises(UnboundLocalError):
        UpstreamBinarize()(SPEECH)


def test_a_single_frame_is_one_region():
    assert list(Binarize()(SPEECH).itersegments()) == [Segment(0, 0.025)]
    assert list(Binarize(pad_offset=0.1)(SPEECH).itersegments()) == [Segment(0, 0.125)]
    assert not Binarize(min_duration_on=0.1)(SPEECH)
