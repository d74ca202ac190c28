import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyannote.database import custom
from pyannote.database.util import load_rttm, load_uem

from pyannote_strf.database.lines import check_lines
from pyannote_strf.database.quick_loaders import (
    QuickRTTMLoader,
    QuickUEMLoader,
    install,
    load_trials,
)

names = st.sampled_from(["a", "b", "c"])
milliseconds = st.integers(0, 100_000)
rows = st.lists(st.tuples(names, milliseconds, st.integers(1, 9_000), names), min_size=1)
USUAL = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@USUAL
@given(rows)
def test_rttm_as_upstream_reads_it(tmp_path, rows):
    path = tmp_path / "some.rttm"
    path.write_text(
        "SPKR-INFO a 1 <NA> <NA> <NA> unknown x <NA> <NA>\n"
        + "".join(
            f"SPEAKER {uri} 1 {start / 1000} {duration / 1000} <NA> <NA> {speaker} <NA> <NA>\n"
            for uri, start, duration, speaker in rows
        )
    )
    theirs = load_rttm(path)
    ours = QuickRTTMLoader(path)
    for uri in ("a", "b", "c"):
        found = ours({"uri": uri})
        assert found.uri == uri
        expected = theirs[uri].itertracks(yield_label=True) if uri in theirs else []
        assert list(found.itertracks(yield_label=True)) == list(expected)


@USUAL
@given(rows)
def test_uem_as_upstream_reads_it(tmp_path, rows):
    path = tmp_path / "some.uem"
    path.write_text(
        "".join(
            f"{uri} 1 {start / 1000} {(start + duration) / 1000}\n"
            for uri, start, duration, _ in rows
        )
    )
    theirs = load_uem(path)
    ours = QuickUEMLoader(path)
    for uri in ("a", "b", "c"):
        assert list(ours({"uri": uri})) == list(theirs.get(uri, []))


def test_a_file_that_changes_is_read_again(tmp_path):
    path = tmp_path / "some.uem"
    for end in (5, 7):
        path.write_text(f"a 1 0 {end}\n")
        os.utime(path, ns=(end, end))
        assert QuickUEMLoader(path)({"uri": "a"}).extent().end == end


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path):
    path = tmp_path / "some.uem"
    path.write_text("\ufeffa 1 0 5\n", encoding="utf-8")
    assert QuickUEMLoader(path)({"uri": "a"}).extent().end == 5
    assert list(check_lines(path)) == []


def test_names_that_look_like_numbers_are_names(tmp_path):
    path = tmp_path / "some.trial"
    path.write_text("1 001 NA\n0 1 1e3\n")
    assert list(load_trials(path)) == [
        {"reference": 1, "uri1": "001", "uri2": "NA"},
        {"reference": 0, "uri1": "1", "uri2": "1e3"},
    ]


def test_a_malformed_line_is_named(tmp_path):
    path = tmp_path / "some.rttm"
    path.write_text("SPEAKER a 1 0.0\n")
    with pytest.raises(ValueError, match=r"some\.rttm: cannot be read .*: SPEAKER a 1 0\.0"):
        QuickRTTMLoader(path)


def test_pyannote_database_uses_them(monkeypatch):
    monkeypatch.setattr(custom, "LOADERS", dict(custom.LOADERS))
    monkeypatch.setattr(custom, "load_trial", None)
    install()
    assert custom.LOADERS[".rttm"].load() is QuickRTTMLoader
    assert custom.LOADERS[".uem"].load() is QuickUEMLoader
    assert custom.load_trial is load_trials
