import numpy as np
import pytest
from pyannote.core import Segment, Timeline

from pyannote_strf import STRFPyanNet
from pyannote_strf.applications.crops import batches, draw_crops
from pyannote_strf.audio import Audio
from pyannote_strf.reports.crops import images
from tests.conftest import TINY_ARCHITECTURE

FILES = [
    {"uri": "a", "annotated": Timeline([Segment(0, 1), Segment(10, 30)])},
    {"uri": "b", "annotated": Timeline([Segment(5, 6)])},
    {"uri": "c", "annotated": Timeline()},
]


def test_crops_are_within_annotated_regions():
    crops = draw_crops(FILES, 2.0, 60)
    assert {file["uri"] for file, _ in crops} == {"a", "b"}
    for file, crop in crops:
        (region,) = [region for region in file["annotated"] if crop in region]
        assert crop.duration == pytest.approx(min(2.0, region.duration))
    # longer regions are drawn from more often
    long = [crop for file, crop in crops if file["uri"] == "a" and crop.duration > 1.5]
    assert len(long) >= 15
    assert crops == draw_crops(FILES, 2.0, 60)


def test_crops_of_trials_are_within_try_with():
    file = {**FILES[0], "try_with": Timeline([Segment(20, 21)])}
    assert [crop for _, crop in draw_crops([file], 2.0, 3)] == 3 * [Segment(20, 21)]


def test_files_are_spread_evenly_if_there_are_too_many():
    files = [{"uri": str(n), "annotated": Timeline([Segment(0, 9)])} for n in range(100)]
    assert [file["uri"] for file, _ in draw_crops(files, 2.0, 4)] == ["0", "25", "50", "75"]


def test_batches_hold_crops_of_one_length(protocol):
    model = STRFPyanNet(**TINY_ARCHITECTURE).eval()
    model.audio = Audio(sample_rate=16000, mono="downmix")
    (file, *_) = protocol.train()
    crops = [(file, Segment(n / 10, n / 10 + (0.5 if n % 3 else 1.0))) for n in range(40)]
    drawn = list(batches(model, crops))
    assert sorted(len(batch) for batch, _ in drawn) == [10, 14, 16]
    for batch, waveforms in drawn:
        for (same, segment), waveform in zip(batch, waveforms):
            expected, _ = model.audio.crop(same, segment)
            np.testing.assert_array_equal(waveform, expected)
    assert len(list(images(model, crops))) == 40
