"""Search for audio agrees with that of pyannote.database."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyannote.database import FileFinder

from pyannote_strf.database.audio_finder import AudioFinder


@pytest.fixture
def finders(tmp_path):
    """The finders of pyannote.database and of this package, in three folders and a pattern."""
    for name in ("one/a.wav", "one/twice.wav", "two/twice.wav", "two/sub/b.wav", "any/x/c.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    folders = [f"{tmp_path}/{name}/{{uri}}.wav" for name in ("one", "two", "missing")]
    sources = {"Folders": folders, "Pattern": [*folders, f"{tmp_path}/any/*/{{uri}}.wav"]}
    return [finder(SimpleNamespace(sources=sources)) for finder in (FileFinder, AudioFinder)]


@pytest.mark.parametrize("database", ["Folders", "Pattern"])
@pytest.mark.parametrize("uri", ["a", "sub/b", "c", "twice", "absent"])
def test_audio_is_found_where_pyannote_database_finds_it(finders, database, uri):
    results = []
    for finder in finders:
        try:
            results.append(finder({"uri": uri, "database": database}))
        except FileNotFoundError as error:
            results.append(str(error))
    assert results[0] == results[1]


def test_folders_are_listed_once_and_new_files_are_found(finders, monkeypatch):
    _, finder = finders
    listed = []
    listdir = os.listdir
    monkeypatch.setattr("os.listdir", lambda folder: listed.append(folder) or listdir(folder))
    first = finder({"uri": "a", "database": "Folders"})
    (first.parent / "new.wav").touch()
    assert finder({"uri": "new", "database": "Folders"}) == first.parent / "new.wav"
    assert [Path(folder).name for folder in listed] == ["one", "two", "missing"]


def test_templates_of_one_path_are_one_place(tmp_path):
    (tmp_path / "50").mkdir()
    (tmp_path / "50" / "50.wav").touch()
    templates = [f"{tmp_path}/50/{{uri}}.wav", f"{tmp_path}/{{uri}}/{{uri}}.wav"]
    finder = AudioFinder(SimpleNamespace(sources={"Clips": templates}))
    assert finder({"uri": "50", "database": "Clips"}) == tmp_path / "50" / "50.wav"
