import json

import numpy as np
import pytest
import torch

from pyannote_strf.analysis.filters.importance import Ablation
from pyannote_strf.analysis.filters.indices import separability
from pyannote_strf.analysis.filters.reading import Importance, read
from pyannote_strf.reports.summary import findings, rows, summary
from tests.analysis.filters.banks import HOP, SEMITONES, bank


def moved(count, by, importance=None):
    """Reading of a bank whose filters all became faster."""
    layer, *_ = bank(np.linspace(4.0, 34.0, count), [0.4])
    now, *_ = bank(np.linspace(4.0, 34.0, count) + by, [0.4])
    layer.load_state_dict({**now.state_dict(), "initial": layer.initial})
    return read("model", layer, HOP, SEMITONES, importance=importance)


def told(reading):
    return " ".join(findings(reading))


def test_what_did_not_move_is_not_tested():
    assert "All 8 filters are where they began." in told(moved(8, 0.0))
    assert "chance" not in told(moved(8, 0.0))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_too_few_filters_are_not_tested(count):
    text = told(moved(count, 4.0))
    assert f"{count} of {count} filters moved more than one bandwidth" in text
    assert "where it began (p" not in text
    assert "chance" not in text


def test_filters_that_moved_a_little_show_where_they_began():
    assert "it still shows where it began (p = 0.0001)" in told(moved(12, 1.0))
    assert "that does not tell where it began" in told(moved(4, -15.0))


def test_filters_that_are_cut_off_are_counted():
    layer, *_ = bank([4.0, 8.0], [0.4], sigma_f=12.0, size=(9, 111))
    text = told(read("model", layer, HOP, SEMITONES))
    assert "2 of 2 filters lose more than 20 % of their energy" in text
    assert "lose more" not in told(moved(2, 1.0))


def test_importance_is_told():
    gradient = np.array([*9 * [1.0], 11.0])
    increase = np.array([0.5, *9 * [-0.1]])
    text = told(moved(10, 1.0, Importance(gradient, None, "equal error rate")))
    assert "filter 9 matters most, and a tenth of the filters hold 55 % of the importance" in text
    assert "foretell" not in text
    measured = Importance(gradient, Ablation(4.0, increase), "equal error rate")
    text = told(moved(10, 1.0, measured))
    assert "Without filter 0, which adds most, equal error rate goes from 4.00 to 4.50 %" in text
    assert "9 of 10 can be left out" in text


def test_a_summary_is_json_whatever_the_bank():
    for count in (1, 4):
        reading = moved(count, 1.0, Importance(np.ones(count), None, "error"))
        content = json.dumps(summary(reading), allow_nan=False)
        assert json.loads(content)["filters"] == count


def test_both_forms_of_separability_are_told():
    reading = moved(4, 1.0)
    indices = summary(reading)["indices"]["filters"]
    assert indices["separability"] == separability(reading.transfer)
    squared = indices["separability (squared singular values)"]
    assert squared == separability(reading.transfer, order=2)


def test_rows_are_of_filters():
    reading = moved(3, 2.0)
    (first, *_, last) = rows(reading)
    assert (first["model"], first["filter"], last["filter"]) == ("model", 0, 2)
    assert first["rate"] == pytest.approx(6.0, rel=1e-4)
    assert first["rate_change"] == pytest.approx(2.0, rel=1e-3)
    assert torch.is_tensor(reading.layer.initial)
