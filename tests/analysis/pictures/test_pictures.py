import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from pyannote.core import Annotation, Segment, SlidingWindow, SlidingWindowFeature

from pyannote_strf import STRFConv2d, STRFPyanNet
from pyannote_strf.analysis.filters.units import describe
from pyannote_strf.analysis.pictures.kernels import GAP, plot_filters, sheet_rows
from pyannote_strf.analysis.pictures.timeline import plot_regions, plot_score, plot_waveform
from pyannote_strf.pipelines import SpeechActivityDetection
from pyannote_strf.reports.sheet import save_sheet
from tests.conftest import TINY_ARCHITECTURE

SEMITONES = 100 * 2 ** (np.arange(64) / 12)


@pytest.fixture
def ax():
    return Figure().subplots()


def test_filters_are_ordered_by_direction_and_temporal_modulation(ax):
    layer = STRFConv2d(1, 4, (5, 21))
    # falling at 0.9 and at 0.4 radians per frame, neither, rising
    gamma = torch.tensor([[0.8], [0.8], [0.0], [-0.8]])
    omega = torch.tensor([[1.2], [0.6], [0.3], [0.9]])
    layer.assign(torch.full((4, 1), 9.0), torch.full((4, 1), 9.0), omega, gamma)
    filters = describe(layer, 0.01, SEMITONES)
    assert sheet_rows(filters, 8) == [("falling", [1, 0]), ("neither", [2]), ("rising", [3])]
    assert sheet_rows(filters, 1) == [
        ("falling", [1]),
        ("falling", [0]),
        ("neither", [2]),
        ("rising", [3]),
    ]

    assert plot_filters(layer, filters, 0.01, ax, num_columns=2) is ax
    (image,) = ax.get_images()
    sheet = np.asarray(image.get_array())
    assert sheet.shape == (3 * (5 + GAP), 2 * (21 + GAP))
    for row, column, index in ((0, 0, 1), (0, 1, 0), (1, 0, 2), (2, 0, 3)):
        kernel = layer.kernels()[index, 0].real.detach().numpy()
        top, left = row * (5 + GAP), column * (21 + GAP)
        expected = kernel[::-1] / np.abs(kernel).max()
        np.testing.assert_allclose(sheet[top : top + 5, left : left + 21], expected, atol=1e-6)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["falling", "neither", "rising"]


def test_timelines_are_drawn_in_seconds(ax):
    plot_waveform(np.zeros(1000), 100, ax)
    assert ax.lines[0].get_xdata()[-1] == pytest.approx(9.99)

    ax = Figure().subplots()
    frames = SlidingWindow(start=0, duration=0.02, step=0.01)
    plot_score(SlidingWindowFeature(np.linspace(0, 1, 50)[:, None], frames), 0.7, 0.3, ax)
    assert ax.lines[0].get_xdata()[[0, -1]] == pytest.approx([0.01, 0.50])
    assert [line.get_ydata()[0] for line in ax.lines[1:]] == [0.7, 0.3]

    ax = Figure().subplots()
    reference, hypothesis = Annotation(), Annotation()
    reference[Segment(1, 2)] = "A"
    reference[Segment(1.5, 3)] = "B"
    plot_regions(reference, hypothesis, ax)
    (drawn,) = [c for c in ax.collections if len(c.get_paths())]
    extent = drawn.get_paths()[0].get_extents()
    assert (extent.x0, extent.x1) == (1, 3)
    assert extent.y0 > 1, "the reference lies above the hypothesis"


def test_save_sheet_writes_a_picture(tmp_path, protocol, built):
    pipeline = SpeechActivityDetection(segmentation=built(STRFPyanNet(**TINY_ARCHITECTURE)))
    pipeline.instantiate(pipeline.default_parameters())
    file = next(iter(protocol.test()))
    file = {"uri": "$\\x$", "audio": file["audio"], "annotation": file["annotation"]}
    path = save_sheet(pipeline, file, tmp_path / "sheet.png")
    assert path.read_bytes().startswith(b"\x89PNG")
