import numpy as np
import pytest

from pyannote_strf.analysis.pictures.chunks import chunks_figure


@pytest.mark.parametrize("num_chunks", [1, 3, 5, 9])
def test_scores_and_references_are_drawn_in_seconds(num_chunks):
    rng = np.random.default_rng(0)
    scores = rng.uniform(size=(num_chunks, 40))
    target = scores > 0.7
    figure = chunks_figure(scores, target, 2.0)
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert len(shown) == num_chunks
    for number, ax in enumerate(shown):
        assert ax.get_xlim() == (0, 2)
        line = ax.lines[0].get_xydata()
        assert line[0, 0] == pytest.approx(0.025)
        np.testing.assert_allclose(line[:, 1], scores[number])
        np.testing.assert_array_equal(ax.patches[0].get_data().values, target[number])
    assert figure.get_supxlabel() == "time in chunk (s)"
