from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from pyannote_strf.analysis.pictures.classes import classes_figure


@pytest.mark.parametrize("count", [1, 3, 50])
def test_classes_are_sorted_and_their_names_do_not_overlap(count):
    rng = np.random.default_rng(0)
    values = rng.permutation(np.linspace(0.1, 0.9, count))
    values[-1] = np.nan
    intervals = np.stack([values - 0.1, values + 0.05], axis=1)
    names = [f"a label with a name of {'many ' * (n % 9)}words, $n_{n}$" for n in range(count)]
    positives = rng.integers(1, 9999, count)
    figure = classes_figure(names, values, intervals, positives, "Yard")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    (ax,) = figure.get_axes()
    widths = [bar.get_width() / 100 for bar in ax.patches]
    assert widths == pytest.approx([*sorted(values[:-1], reverse=True), 0])
    counts = [text.get_text() for text in ax.texts if text.get_position()[0] > 1.1]
    order = np.argsort(-values)
    assert counts[:count] == [f"{positives[index]:,}" for index in order]
    (lines,) = ax.collections
    drawn = np.array([path[:, 0] for path in lines.get_segments() if len(path)])
    np.testing.assert_allclose(
        drawn.reshape(-1, 2)[: count - 1] / 100, intervals[order[:-1]], atol=1e-9
    )

    extents = [label.get_window_extent() for label in ax.get_yticklabels()]
    for above, below in pairwise(extents):
        assert below.y1 <= above.y0 + 1
    tight = ax.get_tightbbox(canvas.get_renderer())
    assert figure.bbox.x0 <= tight.x0 < tight.x1 <= figure.bbox.x1
    assert figure.bbox.y0 <= tight.y0 < tight.y1 <= figure.bbox.y1
