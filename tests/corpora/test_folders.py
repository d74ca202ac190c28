import shutil
from pathlib import Path

import pytest
from pyannote.database import FileFinder

from pyannote_strf.corpora import find
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
        ("ami", "amicorpus", "found nothing of AMI .looked for {meeting}.Mix-Headset.wav"),
        ("ami", "ami_public_manual_1.6.2", "AMI's manual annotation .*unzip"),
        ("ami", "ami_public_manual_1.6.2/corpusResources", "AMI's manual annotation"),
        ("chime5", "audio", "found nothing of CHiME-5 "),
        ("chime5", "transcriptions", "CHiME-5's transcriptions"),
        ("voxceleb", "test", "VoxCeleb1's test set"),
        ("voxceleb", "veri_test.txt", "VoxCeleb1's trials .*download it"),
    ],
)
def test_what_is_missing_from_a_folder_is_named(tmp_path, corpus, remove, message):
    root = tmp_path / "corpus"
    WRITERS[corpus](root)
    gone = root / remove
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    with pytest.raises(ValueError, match=message):
        find(corpus, root)


@pytest.mark.parametrize(
    ("corpus", "what", "copy", "message"),
    [
        ("ami", "amicorpus", "again", f"{MEETINGS[0]} is there twice: .*again.* and .*amicorpus"),
        ("ami", "ami_public_manual_1.6.2", "again", "AMI's manual annotation are there 2 times"),
        ("chime5", "audio", "again", "S02 is there twice"),
        ("chime5", "transcriptions", "again", "CHiME-5's transcriptions are there 2 times"),
        ("voxceleb", "dev", "again", "id10001/5r0dWxy17C8/00001 is there twice"),
        ("voxceleb", "veri_test.txt", "again/veri_test.txt", "VoxCeleb1's trials are there 2"),
        ("musan", "noise", "again/noise", "noise-free-sound-0000 is there twice"),
    ],
)
def test_two_copies_of_a_corpus_are_refused(tmp_path, corpus, what, copy, message):
    root = tmp_path / "corpus"
    WRITERS[corpus](root)
    (root / copy).parent.mkdir(exist_ok=True)
    (shutil.copytree if (root / what).is_dir() else shutil.copy)(root / what, root / copy)
    with pytest.raises(ValueError, match=message):
        find(corpus, root)


def test_a_folder_may_be_relative_and_named_like_a_recording(tmp_path, monkeypatch):
    write_ami(tmp_path / MEETINGS[0] / "AMI", MEETINGS[:2], duration=0.5)
    write_voxceleb(tmp_path / "vox" / "vox1")
    write_audio(tmp_path / "vox" / "vox2" / "dev" / "aac" / "id00012" / "x" / "1.m4a", 1)
    monkeypatch.chdir(tmp_path)
    init(tmp_path, ami=Path(MEETINGS[0], "AMI"), voxceleb=Path("vox"))
    file = {"uri": MEETINGS[0], "database": "AMI"}
    assert FileFinder()(file).name == f"{MEETINGS[0]}.Mix-Headset.wav"
    assert len(audio("VoxCeleb.SpeakerVerification.VoxCeleb2")) == 1


def test_hidden_files_and_loops_of_links_are_left_out(tmp_path):
    root = write_musan(tmp_path / "musan")
    (root / "again").symlink_to(root)
    write_audio(root / "noise" / "free-sound" / "._noise-free-sound-0000.wav", 1.0)
    assert [len(lines) for lines in find("musan", root).lists.values()] == [2, 2, 2]


def test_a_folder_whose_name_means_something_is_refused(tmp_path):
    with pytest.raises(ValueError, match="braces and stars"):
        find("musan", write_musan(tmp_path / "{musan}"))
