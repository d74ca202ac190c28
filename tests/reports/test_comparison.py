from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from pyannote_strf.analysis.filters.distances import Distances
from pyannote_strf.reports.comparison import Comparison

LONG = "strf-log-mel-64-filters-of-learning-rate-0.001-seed{}/AMI.MixHeadset/0012"


@pytest.mark.parametrize("count", [2, 3, 8, 10])
@pytest.mark.parametrize("name", ["strf-{}", LONG, 60 * "x" + "{}" + 90 * "x", "{}" + 59 * "W"])
def test_figures_are_readable_with_long_names(count, name):
    points = np.random.default_rng(0).normal(size=(count, 2))
    values = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    names = [name.format(number) for number in range(count)]
    figure = Comparison(names, Distances(*4 * [values]), weighted=False).figure()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()

    matrix, _, tree, plane = figure.get_axes()
    assert all(ax.get_window_extent().width > 0.2 * figure.bbox.width for ax in (tree, plane))
    assert matrix.get_window_extent().width > 0.4 * figure.bbox.width
    for ax in (matrix, tree, plane):
        tight = ax.get_tightbbox(canvas.get_renderer())
        assert figure.bbox.x0 <= tight.x0 < tight.x1 <= figure.bbox.x1
    for ax, axis in ((matrix, "x"), (matrix, "y"), (tree, "y")):
        labels = getattr(ax, f"get_{axis}ticklabels")()
        extents = [getattr(label.get_window_extent(), f"interval{axis}") for label in labels]
        for (_, end), (start, _) in pairwise(sorted(map(tuple, extents))):
            assert end < start
    texts = [label.get_text() for label in tree.get_yticklabels()]
    assert len(set(texts)) == count
