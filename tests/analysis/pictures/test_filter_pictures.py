import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.quiver import Quiver

from pyannote_strf.analysis.filters.displacement import PermutationTest
from pyannote_strf.analysis.filters.distances import Distances, classical_scaling, tree
from pyannote_strf.analysis.filters.units import describe
from pyannote_strf.analysis.pictures.displacement import plot_distances
from pyannote_strf.analysis.pictures.importance import plot_importance
from pyannote_strf.analysis.pictures.models import plot_map, plot_matrix, plot_tree
from pyannote_strf.analysis.pictures.modulation_plane import (
    plot_filters_on_plane,
    plot_listeners,
    plot_moves,
    plot_power,
)
from pyannote_strf.analysis.pictures.responses import plot_image
from pyannote_strf.analysis.pictures.transfer import plot_marginals
from tests.analysis.filters.banks import HOP, SEMITONES, bank

WORDS = ("rising", "falling", "neither")


@pytest.fixture
def ax():
    return Figure().subplots()


def filters(rates, densities):
    layer, *_ = bank(rates, densities)
    return describe(layer, HOP, SEMITONES)


def test_marks_are_at_best_modulations_and_sized_by_importance(ax):
    found = filters([4.0, 16.0], [-1.6, 1.6])
    assert plot_filters_on_plane(found, ax, importance=np.array([0.0, 1.0, 2.0, -1.0])) is ax
    falling, _, rising = [c for c in ax.collections if c.get_label().split()[0] in WORDS]
    np.testing.assert_allclose(np.sort(rising.get_offsets()[:, 0]), [4.0, 16.0], rtol=1e-4)
    np.testing.assert_allclose(falling.get_offsets()[:, 1], -1.6, rtol=1e-4)
    # the second and fourth rise
    assert rising.get_sizes().tolist() == [6 + 60, 6]
    assert falling.get_sizes().tolist() == [6, 6 + 120]


def test_zero_importance_gives_marks_of_equal_size(ax):
    plot_filters_on_plane(filters([4.0], [-1.6, 1.6]), ax, importance=np.zeros(2))
    sizes = np.concatenate([c.get_sizes() for c in ax.collections if c.get_label()[0] != "_"])
    assert set(sizes) == {28.0}


def test_regions_of_listeners_are_in_cycles_per_octave(ax):
    plot_listeners(2000.0, ax)
    heard, understood = [p for p in ax.patches if isinstance(p, Rectangle)]
    assert (heard.get_width(), heard.get_height()) == (16, 4)
    assert (understood.get_x(), understood.get_width()) == (1, 6)
    # one octave around 2000 Hz is 2000 log 2 Hz wide
    assert understood.get_height() / 2 == pytest.approx(0.001 * 2000 * np.log(2))


def test_arrows_point_to_the_nearer_of_a_modulation_and_its_negative(ax):
    # from a rising to a falling filter, through zero rate
    plot_moves(filters([0.5], [1.6]), filters([0.5], [-1.6]), ax)
    assert [label.get_text() for label in ax.texts] == ["rising", "falling"]
    (arrows,) = [c for c in ax.collections if isinstance(c, Quiver)]
    assert (*arrows.X, *arrows.Y) == pytest.approx((0.5, 1.6), rel=1e-3)
    assert (*arrows.U, *arrows.V) == pytest.approx((-1.0, 0.0), abs=1e-3)


def test_power_is_in_decibels_relative_to_its_peak(ax):
    power = np.array([[0.1, 1.0], [10.0, 0.01]])
    plot_power(np.array([0.0, 4.0]), np.array([-1.0, 1.0]), power, ax)
    (image,) = [c for c in ax.collections if c.get_array() is not None and c.get_array().size == 4]
    np.testing.assert_allclose(image.get_array().ravel(), [-20, -10, 0, -30])


def test_marginals_are_in_decibels(ax):
    curves = {"filters": np.array([1.0, 0.1]), "sounds": np.array([4.0, 0.4])}
    plot_marginals(np.array([0.0, 8.0]), curves, ax)
    for line in ax.lines:
        np.testing.assert_allclose(line.get_ydata(), [0, -10])


def test_distances_are_drawn_as_a_histogram(ax):
    plot_distances(np.array([0.01, 0.02, 0.63]), PermutationTest(0.21, 0.8, 0.01), ax)
    counts = {round(p.get_x(), 2): p.get_height() for p in ax.patches if p.get_height()}
    assert counts == {0.0: 2, 0.6: 1}
    assert [line.get_xdata()[0] for line in ax.lines] == [0.21, 0.8]


def test_the_most_important_filters_are_numbered(ax):
    increase = np.zeros(8)
    increase[[2, 5]] = 3.0, -2.0
    plot_importance(filters([4.0, 16.0], [-1.6, -0.4, 0.4, 1.6]), np.arange(8.0), increase, ax)
    assert [text.get_text() for text in ax.texts[:2]] == ["2", "5"]
    assert len(ax.texts) == 5


def test_a_star_marks_significant_distances(ax):
    values = np.array([[0.0, 1.0], [1.0, 0.0]])
    p = np.array([[1.0, 0.01], [0.2, 1.0]])
    plot_matrix(["a", "b"], Distances(values, values / 10, values / 2, p), ax)
    assert {text.get_text() for text in ax.texts} == {
        "1.00 ± 0.10 *\nchance 0.50",
        "1.00 ± 0.10\nchance 0.50",
    }


def test_values_that_do_not_fit_are_left_out(ax):
    values = 1.0 - np.eye(9)
    plot_matrix([f"a long name, {n}" for n in range(9)], Distances(*4 * [values]), ax)
    assert not ax.texts
    assert [label.get_text() for label in ax.get_xticklabels()] == list("123456789")
    assert ax.get_yticklabels()[8].get_text() == "9: a long name, 8"


def test_names_are_not_read_as_formulas():
    figure = Figure()
    values = 1.0 - np.eye(2)
    names = ["a$_$b", "$x"]
    one, other, third = figure.subplots(1, 3)
    plot_matrix(names, Distances(*4 * [values]), one)
    plot_tree(names, tree(values), other)
    plot_map(names, classical_scaling(values), third)
    FigureCanvasAgg(figure).draw()


def test_points_are_labelled_with_names(ax):
    points = np.array([[0.0, 1.0], [2.0, 3.0]])
    plot_map(["a", "b"], points, ax)
    assert {text.get_text(): tuple(text.xy) for text in ax.texts} == {"a": (0, 1), "b": (2, 3)}


def test_labels_are_within_the_axes(ax):
    ax.figure.set_size_inches(4.6, 4.0)
    plot_map(["strf-seed0", "strf-seed1"], np.array([[-1.1, -0.7], [1.1, 0.7]]), ax)
    FigureCanvasAgg(ax.figure).draw()
    for label in ax.texts:
        extent = label.get_window_extent()
        assert ax.bbox.x0 < extent.x0 < extent.x1 < ax.bbox.x1


def test_ticks_are_at_the_bands_of_their_frequencies(ax):
    plot_image(np.random.default_rng(0).normal(size=(16, 50)), 2.0, SEMITONES, ax, stride=4)
    bands = dict(zip((t.get_text() for t in ax.get_yticklabels()), ax.get_yticks()))
    assert bands == pytest.approx({"0.25": 15.86, "1": 39.86}, abs=0.1)
    # rows of responses are centred on the bands of their kernels
    assert ax.get_images()[0].get_extent() == [0, 2.0, -2.0, 62.0]
    assert ax.get_ylim() == (-0.5, 63.5)
