import shutil
from pathlib import Path

import pytest
from pyannote.database import FileFinder

from pyannote_strf.corpora import find
from pyannote_strf.corpora.search import add_recording
from tests.corpora.folders import (
    audio,
    init,
    names,
    write_ami,
    write_audio,
    write_chime5,
    write_musan,
    write_voxceleb,
)

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

MEETINGS = names("ami/only_words.test.lst")
WRITERS = {
    "ami": lambda root: write_ami(root, MEETINGS[:1], duration=0.1),
    "chime5": lambda root: write_chime5(root, duration=0.1),
    "voxceleb": write_voxceleb,
    "musan": write_musan,
}


@pytest.mark.parametrize(
    ("corpus", "remove", "message"),
    [
        ("ami", "amicorpus", "AMI not found .expected {meeting}.Mix-Headset.wav"),
        ("ami", "ami_public_manual_1.6.2", "AMI's manual annotation .*unzip"),
        ("ami", "ami_public_manual_1.6.2/corpusResources", "AMI's manual annotation"),
        ("chime5", "audio", "CHiME-5 not found"),
        ("chime5", "transcriptions", "CHiME-5's transcriptions"),
        ("voxceleb", "test", "VoxCeleb1's test set"),
        ("voxceleb", "veri_test.txt", "VoxCeleb1's trials .*download it"),
    ],
)
def test_error_names_the_missing_part_of_a_corpus(tmp_path, corpus, remove, message):
    root = tmp_path / "corpus"
    WRITERS[corpus](root)
    gone = root / remove
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    with pytest.raises(ValueError, match=message):
        find(corpus, root)


@pytest.mark.parametrize(
    ("corpus", "what", "copy", "message"),
    [
        ("ami", "amicorpus", "again", f"found {MEETINGS[0]} twice: .*again.* and .*amicorpus"),
        ("ami", "ami_public_manual_1.6.2", "again", "found AMI's manual annotation 2 times"),
        ("chime5", "audio", "again", "found S02 twice"),
        ("chime5", "transcriptions", "again", "found CHiME-5's transcriptions 2 times"),
        ("voxceleb", "dev", "again", "found id10001/5r0dWxy17C8/00001 twice"),
        ("voxceleb", "veri_test.txt", "again/veri_test.txt", "found VoxCeleb1's trials 2 times"),
        ("musan", "noise", "again/noise", "noise-free-sound-0000 twice"),
    ],
)
def test_two_copies_of_a_corpus_raise_an_error(tmp_path, corpus, what, copy, message):
    root = tmp_path / "corpus"
    WRITERS[corpus](root)
    (root / copy).parent.mkdir(exist_ok=True)
    (shutil.copytree if (root / what).is_dir() else shutil.copy)(root / what, root / copy)
    with pytest.raises(ValueError, match=message):
        find(corpus, root)


def test_folder_may_be_relative_and_named_like_a_recording(tmp_path, monkeypatch):
    write_ami(tmp_path / MEETINGS[0] / "AMI", MEETINGS[:2], duration=0.5)
    write_voxceleb(tmp_path / "vox" / "vox1")
    write_audio(tmp_path / "vox" / "vox2" / "dev" / "aac" / "id00012" / "x" / "1.m4a", 1)
    monkeypatch.chdir(tmp_path)
    init(tmp_path, ami=Path(MEETINGS[0], "AMI"), voxceleb=Path("vox"))
    file = {"uri": MEETINGS[0], "database": "AMI"}
    assert FileFinder()(file).name == f"{MEETINGS[0]}.Mix-Headset.wav"
    assert len(audio("VoxCeleb.SpeakerVerification.VoxCeleb2")) == 1


def test_hidden_files_and_link_loops_are_skipped(tmp_path):
    root = write_musan(tmp_path / "musan")
    (root / "again").symlink_to(root)
    write_audio(root / "noise" / "free-sound" / "._noise-free-sound-0000.wav", 1.0)
    assert [len(lines) for lines in find("musan", root).lists.values()] == [2, 2, 2]


def test_folder_name_with_special_characters_raises_an_error(tmp_path):
    with pytest.raises(ValueError, match="braces and stars"):
        find("musan", write_musan(tmp_path / "{musan}"))


@pytest.mark.parametrize("names", [("a.ogg", "a.wav"), ("a.wav", "a.ogg")])
def test_known_suffixes_are_preferred_to_others(tmp_path, names):
    found = {}
    for name in names:
        add_recording(found, "a", tmp_path / name)
    assert found == {"a": tmp_path / "a.wav"}
