import io
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyannote_strf.applications import sources
from pyannote_strf.applications.sources import Source, distinct_outputs, find_sources, shard


@pytest.fixture
def folder(tmp_path):
    for name in ("a.wav", "b.FLAC", "notes.txt", "deep/er/a.wav", ".hidden/c.wav", "odd[1].wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def names(*arguments):
    return [source.name for source in find_sources(arguments)]


def test_folders_are_searched_for_audio_files(folder):
    assert names(folder) == ["a", "b", "odd[1]", "deep/er/a"]


def test_files_of_any_suffix_can_be_named(folder):
    assert find_sources([folder / "notes.txt"]) == [Source(folder / "notes.txt", "notes")]
    assert names(folder / "odd[1].wav") == ["odd[1]"]


def test_patterns_keep_the_folders_below_their_fixed_part(folder):
    assert names(f"{folder}/**/*.wav") == ["a", "deep/er/a", "odd[1]"]
    assert names(f"{folder}/d*/er/*") == ["deep/er/a"]


def test_a_file_named_twice_has_one_output(folder):
    found = find_sources([folder, folder / "a.wav"])
    assert len(found) == 5
    distinct = distinct_outputs(found, [".rttm", ".csv"])
    assert [source.name for source in distinct] == ["a", "b", "odd[1]", "deep/er/a"]


def test_a_link_to_a_folder_above_does_not_multiply_files(folder):
    (folder / "deep" / "loop").symlink_to(folder)
    assert names(f"{folder}/**/b.*") == ["b"]


@pytest.mark.parametrize("other", ["a.flac", "deep/er/a.wav", "a.scores.wav"])
def test_outputs_of_the_same_name_raise_an_error(folder, other):
    (folder / other).touch()
    found = find_sources([folder / "a.wav", folder / other])
    with pytest.raises(ValueError, match=r"a\.wav and .* have the same output, a\."):
        distinct_outputs(found, [".csv", ".scores.csv"])


def test_standard_input_is_read(monkeypatch):
    monkeypatch.setattr(sources.sys, "stdin", io.TextIOWrapper(io.BytesIO(b"RIFF")))
    (source,) = find_sources(["-"])
    assert source == (b"RIFF", "stdin")
    assert source.file(channel=1)["audio"].read() == b"RIFF"


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("missing.wav", "no such file or folder"),
        ("", "is empty; is a variable not set"),
        ("*.wav", "no file matches"),
        ("empty", r"no audio file found \(suffixes: \.wav"),
    ],
)
def test_arguments_without_audio_raise_an_error(tmp_path, monkeypatch, argument, message):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    with pytest.raises(ValueError, match=message):
        find_sources([argument])


@given(count=st.integers(0, 30), parts=st.integers(1, 8))
def test_shards_partition_the_files(count, parts):
    files = [Source(Path(str(number)), str(number)) for number in range(count)]
    found = [shard(files, f"{part + 1}/{parts}") for part in range(parts)]
    assert sorted(chain(*found), key=files.index) == files
    assert max(map(len, found)) - min(map(len, found)) <= 1


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "-1/2", "1/2/3", "a/b", "1/"])
def test_malformed_shards_raise_an_error(text):
    with pytest.raises(ValueError, match="--shard must be I/N"):
        shard([], text)
