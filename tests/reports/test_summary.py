import numpy as np
import pytest
import torch

from pyannote_strf.analysis.filters.filter_analysis import Importance, analyse
from pyannote_strf.analysis.filters.importance import Ablation
from pyannote_strf.analysis.filters.indices import separability
from pyannote_strf.reports.summary import findings, rows, summary
from tests.analysis.filters.banks import HOP, SEMITONES, bank


def moved(count, by, importance=None):
    """Return the analysis of a bank whose filters all moved to higher rates."""
    layer, *_ = bank(np.linspace(4.0, 34.0, count), [0.4])
    now, *_ = bank(np.linspace(4.0, 34.0, count) + by, [0.4])
    layer.load_state_dict({**now.state_dict(), "initial": layer.initial})
    return analyse("model", layer, HOP, SEMITONES, importance=importance)


def text_of(analysis):
    return " ".join(findings(analysis))


def test_filters_that_did_not_move_are_not_tested():
    assert "All 8 filters are unchanged." in text_of(moved(8, 0.0))
    assert "chance" not in text_of(moved(8, 0.0))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_too_few_filters_are_not_tested(count):
    text = text_of(moved(count, 4.0))
    assert f"{count} of {count} filters moved more than one bandwidth" in text
    assert "(p =" not in text
    assert "chance" not in text


def test_origin_test_is_reported():
    assert "filters depend on their initial state (p = 0.0001)" in text_of(moved(12, 1.0))
    assert "filters do not significantly depend on" in text_of(moved(4, -15.0))


def test_truncated_filters_are_counted():
    layer, *_ = bank([4.0, 8.0], [0.4], sigma_f=12.0, size=(9, 111))
    text = text_of(analyse("model", layer, HOP, SEMITONES))
    assert "2 of 2 filters lose more than 20 % of their energy" in text
    assert "lose more" not in text_of(moved(2, 1.0))


def test_importance_is_reported():
    gradient = np.array([*9 * [1.0], 11.0])
    increase = np.array([0.5, *9 * [-0.1]])
    text = text_of(moved(10, 1.0, Importance(gradient, None, "equal error rate")))
    assert "filter 9 is the most important, and a tenth of the filters hold 55 %" in text
    assert "ablation" not in text
    measured = Importance(gradient, Ablation(4.0, increase), "equal error rate")
    text = text_of(moved(10, 1.0, measured))
    assert "filter 0 is the most important: without it, the equal error rate changes" in text
    assert "from 4.00 to 4.50 %" in text
    assert "any one of 9 of 10 filters does not increase it" in text


def test_both_forms_of_separability_are_reported():
    analysis = moved(4, 1.0)
    indices = summary(analysis)["indices"]["filters"]
    assert indices["separability"] == separability(analysis.transfer)
    squared = indices["separability (squared singular values)"]
    assert squared == separability(analysis.transfer, order=2)


def test_rows_describe_filters():
    analysis = moved(3, 2.0)
    (first, *_, last) = rows(analysis)
    assert (first["model"], first["filter"], last["filter"]) == ("model", 0, 2)
    assert first["rate"] == pytest.approx(6.0, rel=1e-4)
    assert first["rate_change"] == pytest.approx(2.0, rel=1e-3)
    assert torch.is_tensor(analysis.layer.initial)
