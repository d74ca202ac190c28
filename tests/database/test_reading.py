"""`train`, `validate` and `apply` check files as `protocols check` does."""

import shutil

import pytest
import yaml
from pyannote.database import FileFinder

from pyannote_strf import audio
from pyannote_strf.database.protocols import get_files, get_protocol, get_trials, load_registry
from tests.conftest import PROTOCOL, SUBSETS, VOICES
from tests.corpora.folders import init, names, word, words_xml, write_ami

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


def protocol(root, name):
    load_registry(root / "database.yml")
    return get_protocol(name, {"audio": FileFinder()})


def test_annotated_part_beyond_the_audio_of_a_trial_raises_an_error(voices, tmp_path):
    shutil.copytree(voices, tmp_path, dirs_exist_ok=True)
    (tmp_path / "test.uem").write_text((voices / "test.uem").read_text().replace("2.0", "2.5"))
    found = protocol(tmp_path, VOICES)
    assert get_trials(found, "development")
    with pytest.raises(ValueError, match=r"annotated up to 2\.50 s, but its audio lasts 2\.00 s"):
        get_trials(found, "test")


def test_words_after_the_end_of_a_recording_are_skipped(tmp_path):
    meetings = names("ami/only_words.test.lst")
    root = write_ami(tmp_path / "AMI", meetings)
    words = root / "ami_public_manual_1.6.2" / "words" / f"{meetings[0]}.A.words.xml"
    words.write_text(words_xml(meetings[0], "A", [word(0.1, 0.9), word(2.9, 3.2)]))
    init(tmp_path, ami=root)
    found = get_protocol("AMI.SpeakerDiarization.only_words", {"audio": FileFinder()})
    first, *_ = get_files(found, "test")
    assert first["annotation"].get_timeline().extent().end == 3.0


def test_header_of_a_recording_is_read_once(corpus, tmp_path, monkeypatch):
    shutil.copytree(corpus, tmp_path, dirs_exist_ok=True)
    content = yaml.safe_load((tmp_path / "database.yml").read_text())
    del content["Protocols"]["Tiny"]["SpeakerDiarization"]["Bursts"]["train"]["annotated"]
    (tmp_path / "database.yml").write_text(yaml.safe_dump(content))
    opened = []
    read = audio.Audio.get_duration
    monkeypatch.setattr(
        audio.Audio, "get_duration", lambda self, file: opened.append(file) or read(self, file)
    )
    found = protocol(tmp_path, PROTOCOL)
    for _ in range(2):
        assert len(get_files(found, "train")) == SUBSETS["train"]
    assert len(opened) == SUBSETS["train"]


def test_error_suggests_the_name_of_the_database(corpus, tmp_path):
    shutil.copytree(corpus, tmp_path, dirs_exist_ok=True)
    content = yaml.safe_load((tmp_path / "database.yml").read_text())
    database = content["Protocols"].pop("Tiny")
    content["Protocols"]["Teeny"] = database
    content["Databases"] = {"Teenyy": "{uri}.wav"}
    (tmp_path / "database.yml").write_text(yaml.safe_dump(content))
    with pytest.raises(ValueError, match=r"add `Teeny: .*; did you mean 'Teenyy'\?"):
        get_files(protocol(tmp_path, "Teeny.SpeakerDiarization.Bursts"), "train")
