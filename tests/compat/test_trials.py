"""pyannote.database still reads names of recordings as numbers; this package does not."""

import pyannote_strf.protocols  # noqa: F401
import pytest
from pyannote.database import custom, loader

from pyannote_strf.compat.trials import load_trials


@pytest.fixture
def trials(tmp_path):
    path = tmp_path / "some.trial"
    path.write_text("1 001 NA\n0 1 NA\n")
    return path


def test_upstream_still_reads_names_as_numbers(trials):
    first, _ = loader.load_trial(trials)
    assert first["uri1"] == 1
    assert first["uri2"] != "NA"


def test_names_that_look_like_numbers_stay_names(trials):
    assert list(custom.load_trial(trials)) == [
        {"reference": 1, "uri1": "001", "uri2": "NA"},
        {"reference": 0, "uri1": "1", "uri2": "NA"},
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("same one two", "line 2: reference must be 0 or 1, got 'same'"),
        ("1 one", "line 2: expected reference uri1 uri2, got 2 fields"),
    ],
)
def test_malformed_lines_are_refused(tmp_path, line, message):
    path = tmp_path / "some.trial"
    path.write_text(f"1 one two\n{line}\n")
    with pytest.raises(ValueError, match=rf"some\.trial, {message}"):
        list(load_trials(path))


def test_empty_lines_and_byte_order_marks_are_skipped(tmp_path):
    path = tmp_path / "some.trial"
    path.write_text("\ufeff1 one two\n\n", encoding="utf-8")
    assert list(load_trials(path)) == [{"reference": 1, "uri1": "one", "uri2": "two"}]
