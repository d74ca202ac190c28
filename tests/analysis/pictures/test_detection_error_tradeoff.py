import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import norm

from pyannote_strf.analysis.pictures.detection_error_tradeoff import (
    plot_tradeoffs,
    tradeoffs_figure,
)
from pyannote_strf.metrics.verification import equal_error_rate, tradeoff

RNG = np.random.default_rng(0)
REFERENCE = np.repeat([0, 1], [1000, 200])


@pytest.mark.parametrize("shift", [-9.0, 0.5, 2.0, 9.0])
def test_curves_and_dots_are_within_the_axes(shift):
    curve = tradeoff(REFERENCE, RNG.standard_normal(1200) + shift * REFERENCE)
    ax = plot_tradeoffs({"raw": curve}, Figure().subplots())
    line, dot, _ = ax.get_lines()
    rate = equal_error_rate(curve).rate
    low, high = norm.cdf(ax.get_xlim())
    assert low < high
    assert norm.cdf(dot.get_xdata()[0]) == pytest.approx(np.clip(rate, low, high), abs=1e-6)
    inside = (curve.miss > 0.001) & (curve.miss < 0.999)
    np.testing.assert_allclose(norm.cdf(line.get_ydata())[inside], curve.miss[inside])
    assert f"EER {100 * rate:.2f} %" in ax.get_legend().get_texts()[0].get_text()
    assert len(ax.get_xticks()) >= 2


def test_titles_are_not_read_as_formulas():
    curve = tradeoff(REFERENCE, RNG.standard_normal(1200) + REFERENCE)
    figure = tradeoffs_figure({"raw": curve}, "$\\x$")
    figure.canvas.draw()
    assert figure.axes[0].get_title() == "\\$\\x\\$"
