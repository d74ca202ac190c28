import math

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from pyannote.core import Annotation, Segment, SlidingWindow, SlidingWindowFeature

from pyannote_strf import STRFConv2d, STRFPyanNet
from pyannote_strf.analysis.filters import plot_filters
from pyannote_strf.analysis.sheet import save_sheet
from pyannote_strf.analysis.timeline import plot_regions, plot_score, plot_waveform
from pyannote_strf.pipelines import SpeechActivityDetection
from tests.conftest import TINY_ARCHITECTURE


@pytest.fixture
def ax():
    return Figure().subplots()


def test_filters_are_ordered_by_temporal_modulation(ax):
    layer = STRFConv2d(1, 3, (5, 21))
    omega = torch.tensor([[0.9], [0.01], [0.4]])
    layer.assign(torch.full((3, 1), 3.0), torch.full((3, 1), 3.0), omega, torch.zeros(3, 1))
    assert plot_filters(layer, ax, hop=0.01, num_columns=2) is ax
    (image,) = ax.get_images()
    sheet = np.asarray(image.get_array())
    assert sheet.shape == (2 * (5 + 2), 2 * (21 + 2))
    for row, column, index in ((0, 0, 1), (0, 23, 2), (7, 0, 0)):
        kernel = layer.kernels()[index, 0].real.detach().numpy()
        expected = kernel[::-1] / np.abs(kernel).max()
        np.testing.assert_allclose(sheet[row : row + 5, column : column + 21], expected, atol=1e-6)
    assert f"{0.9 / (2 * math.pi * 0.01):.0f} Hz" in ax.get_title()


def test_timeline(ax):
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


def test_sheet(tmp_path, protocol, built):
    pipeline = SpeechActivityDetection(segmentation=built(STRFPyanNet(**TINY_ARCHITECTURE)))
    pipeline.instantiate(pipeline.default_parameters())
    file = next(iter(protocol.test()))
    path = save_sheet(pipeline, file, tmp_path / "sheet.png")
    assert path.read_bytes().startswith(b"\x89PNG")
