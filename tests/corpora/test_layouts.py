import shutil
from pathlib import Path

import pytest
from pyannote.database import FileFinder, registry

from pyannote_strf.corpora.layouts import FINDERS, write_database_yml
from pyannote_strf.database.check import check
from pyannote_strf.database.protocols import load_registry
from tests.corpora.folders import (
    names,
    word,
    words_xml,
    write_ami,
    write_audio,
    write_chime5,
    write_musan,
    write_voxceleb,
)

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


def init(tmp_path, **folders):
    write_database_yml(
        [FINDERS[name](folder) for name, folder in folders.items()], tmp_path / "db.yml"
    )
    load_registry(tmp_path / "db.yml")


def audio(protocol: str, subset: str = "train") -> list[str]:
    files = getattr(registry.get_protocol(protocol), f"{subset}_iter")()
    return [str(FileFinder()(file)) for file in files]


SUBSETS = ("train", "development", "test")
MEETINGS = names("ami/only_words.test.lst")
WRITERS = {
    "ami": lambda root: write_ami(root, MEETINGS[:1], duration=0.1),
    "chime5": lambda root: write_chime5(root, duration=0.1),
    "voxceleb": write_voxceleb,
    "musan": write_musan,
}


@pytest.mark.parametrize("layout", ["as downloaded", "all in one folder", "without audio/"])
def test_ami_is_found_however_its_recordings_lie(tmp_path, layout):
    root = write_ami(tmp_path / "AMI", MEETINGS)
    for meeting in MEETINGS:
        folder = root / "amicorpus" / meeting / "audio"
        if layout != "as downloaded":
            for path in list(folder.iterdir()):
                one = layout == "all in one folder"
                path.rename((root / "amicorpus" if one else folder.parent) / path.name)
            folder.rmdir()
    init(tmp_path, ami=root)
    for database, microphone in (("AMI", "Mix-Headset"), ("AMI-SDM", "Array1-01")):
        found = audio(f"{database}.SpeakerDiarization.only_words", "test")
        assert [path.rpartition("/")[2] for path in found] == [
            f"{meeting}.{microphone}.wav" for meeting in MEETINGS
        ]
    (test, *_) = registry.get_protocol("AMI.SpeakerDiarization.only_words").test()
    assert len(test["annotation"].labels()) == 2
    for meeting, path in zip(MEETINGS, audio("AMI.SpeakerDiarization.only_words", "test")):
        file = {"uri": f"{meeting}.Mix-Headset", "database": "AMI"}
        assert str(FileFinder()(file)) == path


def test_chime5_is_found(tmp_path):
    init(tmp_path, chime5=write_chime5(tmp_path / "CHiME5"))
    report = check("CHiME5.SpeakerDiarization.U01")
    assert report.problems == []
    assert [len(files) for files in report.files.values()] == [16, 2, 2]
    (first, *_) = report.files["development"]
    assert first.duration == 6.0
    assert first.annotated == pytest.approx(5.0)
    assert (first.speech, first.overlap) == (pytest.approx(2.5), pytest.approx(0.5))


@pytest.mark.parametrize("split", [True, False])
def test_voxceleb1_is_found(tmp_path, split):
    init(tmp_path, voxceleb=write_voxceleb(tmp_path / "vox1", split))
    name = "VoxCeleb.SpeakerVerification.VoxCeleb1"
    report = check(name)
    assert report.problems == []
    assert {speaker for file in report.files["train"] for speaker in file.speakers} == {
        "id10001",
        "id10002",
        "id11251",
    }
    trials = list(registry.get_protocol(name, {"audio": FileFinder()}).test_trial())
    assert [trial["reference"] for trial in trials] == [1, 0, 1]
    assert trials[0]["file1"]["audio"].is_file()
    assert "VoxCeleb2" not in (tmp_path / "db.yml").read_text()


def test_voxceleb2_is_found_beside_voxceleb1(tmp_path):
    write_voxceleb(tmp_path / "vox" / "vox1")
    for subset in ("dev", "test"):
        write_audio(
            tmp_path / "vox" / "vox2" / subset / "aac" / "id00012" / "x" / f"{subset}.m4a", 1
        )
    init(tmp_path, voxceleb=tmp_path / "vox")
    name = "VoxCeleb.SpeakerVerification.VoxCeleb2"
    assert [path.rpartition("/")[2] for path in audio(name)] == ["dev.m4a"]
    assert len(audio(name, "test")) == 4


def test_musan_is_found(tmp_path):
    init(tmp_path, musan=write_musan(tmp_path / "musan"))
    for collection, part in (
        ("BackgroundNoise", "noise"),
        ("Music", "music"),
        ("Speech", "speech"),
    ):
        found = audio(f"MUSAN.Collection.{collection}", "files")
        assert [path.split("/")[-3] for path in found] == [part, part]
        assert check(f"MUSAN.Collection.{collection}").problems == []


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
        FINDERS[corpus](root)


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
        FINDERS[corpus](root)


def test_conversions_beside_their_originals_count_once(tmp_path):
    root = write_voxceleb(tmp_path / "vox1")
    for path in list(root.rglob("id10001/*/*.wav")):
        shutil.copy(path, path.with_suffix(".m4a"))
    lists = FINDERS["voxceleb"](root).lists
    assert len(lists["voxceleb/VoxCeleb1.dev.lst"]) == 6
    assert {uri[-4:] for uri in lists["voxceleb/VoxCeleb1.dev.lst"]} == {".wav"}


def test_the_working_directory_does_not_matter(tmp_path, monkeypatch):
    init(tmp_path, musan=write_musan(tmp_path / "musan"))
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "musan").mkdir(parents=True)
    (elsewhere / "musan" / "noise.lst").write_text("other\n")
    monkeypatch.chdir(elsewhere)
    assert len(audio("MUSAN.Collection.BackgroundNoise", "files")) == 2


def test_nothing_is_overwritten(tmp_path):
    corpus = FINDERS["musan"](write_musan(tmp_path / "musan"))
    (tmp_path / "db.yml").write_text("mine")
    with pytest.raises(ValueError, match="exists already"):
        write_database_yml([corpus], tmp_path / "db.yml")
    assert (tmp_path / "db.yml").read_text() == "mine"
    assert not (tmp_path / "musan" / "noise.lst").exists()


def test_example_works_once_its_paths_are_set(tmp_path, pytestconfig):
    corpora = tmp_path / "corpora"
    write_ami(corpora, MEETINGS)
    write_chime5(corpora / "CHiME5")
    write_voxceleb(corpora / "voxceleb1")
    write_musan(corpora / "musan")
    # lists and recipes are those that init makes
    init(tmp_path, voxceleb=corpora / "voxceleb1", musan=corpora / "musan")
    for subset in SUBSETS:
        write_audio(tmp_path / "audio" / f"{subset}.wav", 2.0)
        for name, text in {
            f"lists/{subset}.lst": f"{subset}\n",
            f"rttm/{subset}.rttm": f"SPEAKER {subset} 1 0.5 1.0 <NA> <NA> alice <NA> <NA>\n",
            f"uem/{subset}.uem": f"{subset} 1 0.0 2.0\n",
        }.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
    example = (pytestconfig.rootpath / "database.yml.example").read_text()
    (tmp_path / "database.yml").write_text(example.replace("/corpora", str(corpora)))
    load_registry(tmp_path / "database.yml")
    for name in (
        "CHiME5.SpeakerDiarization.U01",
        "VoxCeleb.SpeakerVerification.VoxCeleb1",
        "MUSAN.Collection.BackgroundNoise",
        "MyCorpus.SpeakerDiarization.MyProtocol",
    ):
        report = check(name)
        assert report.problems == []
        assert all(report.files.values())
    for name in ("AMI", "AMI-SDM"):
        assert len(audio(f"{name}.SpeakerDiarization.only_words", "test")) == len(MEETINGS)


def test_words_outside_of_a_recording_are_found(tmp_path):
    root = write_ami(tmp_path / "AMI", MEETINGS, duration=1.0)
    words = root / "ami_public_manual_1.6.2" / "words" / f"{MEETINGS[0]}.A.words.xml"
    words.write_text(words_xml(MEETINGS[0], "A", [word(0.1, 0.9), word(3.0, 4.0)]))
    init(tmp_path, ami=root)
    problems = check("AMI.SpeakerDiarization.only_words").problems
    assert f"test, {MEETINGS[0]}: speech up to 4.00 s, but its audio lasts 1.00 s" in problems


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
    assert [len(lines) for lines in FINDERS["musan"](root).lists.values()] == [2, 2, 2]


def test_a_part_of_musan_will_do(tmp_path):
    root = write_musan(tmp_path / "musan")
    shutil.rmtree(root / "music")
    init(tmp_path, musan=root)
    report = check("MUSAN.Collection.BackgroundNoise")
    assert report.problems == []
    assert [(file.uri, file.duration) for file in report.files["files"]] == [
        (f"noise/free-sound/noise-free-sound-000{number}", 1.0) for number in (0, 1)
    ]
    assert "Music" not in (tmp_path / "db.yml").read_text()


def test_a_folder_whose_name_means_something_is_refused(tmp_path):
    with pytest.raises(ValueError, match="braces and stars"):
        FINDERS["musan"](write_musan(tmp_path / "{musan}"))
