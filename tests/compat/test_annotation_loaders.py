"""pyannote.database still reads annotation again at each iteration; this package reads it once."""

import os
from importlib.metadata import entry_points

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyannote.database import custom, loader, registry
from pyannote.database.util import load_rttm, load_uem

from pyannote_strf.compat import annotation_loaders
from pyannote_strf.compat.annotation_loaders import QuickRTTMLoader, QuickUEMLoader
from pyannote_strf.database.lines import check_lines

names = st.sampled_from(["a", "b", "c"])
milliseconds = st.integers(0, 100_000)
rows = st.lists(st.tuples(names, milliseconds, st.integers(1, 9_000), names), min_size=1)
USUAL = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@USUAL
@given(rows)
def test_rttm_loader_matches_upstream(tmp_path, rows):
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
def test_uem_loader_matches_upstream(tmp_path, rows):
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


def test_changed_files_are_read_again(tmp_path):
    path = tmp_path / "some.uem"
    for end in (5, 7):
        path.write_text(f"a 1 0 {end}\n")
        os.utime(path, ns=(end, end))
        assert QuickUEMLoader(path)({"uri": "a"}).extent().end == end


def test_byte_order_marks_are_skipped(tmp_path):
    path = tmp_path / "some.uem"
    path.write_text("\ufeffa 1 0 5\n", encoding="utf-8")
    assert QuickUEMLoader(path)({"uri": "a"}).extent().end == 5
    assert list(check_lines(path)) == []


def test_malformed_lines_are_refused(tmp_path):
    path = tmp_path / "some.rttm"
    path.write_text("SPEAKER a 1 0.0\n")
    with pytest.raises(ValueError, match=r"some\.rttm, line 1: expected SPEAKER .* got 4 fields"):
        QuickRTTMLoader(path)


@pytest.fixture
def iterate_twice(tmp_path):
    """Return a function that reads the annotation of a protocol twice."""
    (tmp_path / "some.lst").write_text("a\n")
    (tmp_path / "some.rttm").write_text("SPEAKER a 1 0 1 <NA> <NA> x <NA> <NA>\n")
    (tmp_path / "some.uem").write_text("a 1 0 2\n")
    train = {"uri": "some.lst", "annotation": "some.rttm", "annotated": "some.uem"}
    content = {"Planted": {"SpeakerDiarization": {"Twice": {"scope": "file", "train": train}}}}
    (tmp_path / "database.yml").write_text(yaml.safe_dump({"Protocols": content}))
    registry.load_database(tmp_path / "database.yml")
    protocol = registry.get_protocol("Planted.SpeakerDiarization.Twice")

    def iterate():
        for _ in range(2):
            (file,) = protocol.train()
            assert (file["annotation"].labels(), file["annotated"].duration()) == (["x"], 2)

    return iterate


def count_calls(monkeypatch, module, name: str) -> list:
    """Return the paths that a function is called with."""
    calls = []
    function = getattr(module, name)
    monkeypatch.setattr(
        module, name, lambda *args, **options: calls.append(args[0]) or function(*args, **options)
    )
    return calls


@pytest.mark.usefixtures("same_registry_afterwards")
@pytest.mark.parametrize("suffix", ["rttm", "uem"])
def test_upstream_still_reads_files_again_for_each_iteration(iterate_twice, monkeypatch, suffix):
    (entry,) = entry_points(group="pyannote.database.loader", name=f".{suffix}")
    monkeypatch.setitem(custom.LOADERS, f".{suffix}", entry)
    calls = count_calls(monkeypatch, loader, f"load_{suffix}")
    iterate_twice()
    assert len(calls) == 2


@pytest.mark.usefixtures("same_registry_afterwards")
@pytest.mark.parametrize("suffix", ["rttm", "uem"])
def test_files_are_read_once(iterate_twice, monkeypatch, suffix):
    calls = count_calls(monkeypatch, annotation_loaders, f"read_{suffix}")
    iterate_twice()
    assert len(calls) == 1, "one line, once"
