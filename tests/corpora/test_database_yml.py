import pytest

from pyannote_strf.corpora import find
from pyannote_strf.corpora.database_yml import write_database_yml
from pyannote_strf.database.check import check
from pyannote_strf.database.protocols import load_registry
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

SUBSETS = ("train", "development", "test")
MEETINGS = names("ami/only_words.test.lst")


def test_lists_do_not_depend_on_the_working_directory(tmp_path, monkeypatch):
    init(tmp_path, musan=write_musan(tmp_path / "musan"))
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "musan").mkdir(parents=True)
    (elsewhere / "musan" / "noise.lst").write_text("other\n")
    monkeypatch.chdir(elsewhere)
    assert len(audio("MUSAN.Collection.BackgroundNoise", "files")) == 2


def test_existing_files_are_not_overwritten(tmp_path):
    corpus = find("musan", write_musan(tmp_path / "musan"))
    (tmp_path / "db.yml").write_text("mine")
    with pytest.raises(ValueError, match="already exists"):
        write_database_yml([corpus], tmp_path / "db.yml")
    assert (tmp_path / "db.yml").read_text() == "mine"
    assert not (tmp_path / "db-lists").exists()


def test_braces_in_the_output_path_are_refused(tmp_path):
    corpus = find("musan", write_musan(tmp_path / "musan"))
    with pytest.raises(ValueError, match="braces have a meaning in database"):
        write_database_yml([corpus], tmp_path / "{uri}" / "db.yml")
    assert not (tmp_path / "{uri}").exists()


def test_databases_of_the_same_name_are_refused(tmp_path):
    corpora = [find("musan", write_musan(tmp_path / name)) for name in ("musan", "other")]
    with pytest.raises(ValueError, match="are both databases of the name MUSAN, whatever its"):
        write_database_yml(corpora, tmp_path / "db.yml")
    other_case = [corpora[0], corpora[1]._replace(databases={"Musan": ["{uri}.wav"]})]
    with pytest.raises(ValueError, match="are both databases of the name Musan, whatever its"):
        write_database_yml(other_case, tmp_path / "db.yml")
    corpora = [corpora[0]._replace(databases={"X": ["{uri}.wav"]})]
    with pytest.raises(ValueError, match="a database cannot have the name X; rename the folder"):
        write_database_yml(corpora, tmp_path / "db.yml")
    assert not list(tmp_path.glob("db*"))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_lists_are_written_beside_a_neighbouring_corpus(tmp_path):
    write_musan(tmp_path / "musan")
    before = contents(tmp_path)
    init(tmp_path, musan=tmp_path / "musan")
    after = contents(tmp_path)
    made = {str(path.relative_to(tmp_path)) for path in set(after) - set(before)}
    lists = {f"db-lists/musan/{part}.lst" for part in ("noise", "music", "speech")}
    assert made == {"db.yml", *lists}
    assert before.items() <= after.items()


@pytest.mark.parametrize("out", ["musan/db.yml", "musan/noise/new/db.yml", "link/db.yml"])
def test_output_inside_a_corpus_raises_an_error(tmp_path, out):
    corpus = find("musan", write_musan(tmp_path / "musan"))
    (tmp_path / "link").symlink_to(tmp_path / "musan")
    before = contents(tmp_path)
    with pytest.raises(ValueError, match="would be inside corpus"):
        write_database_yml([corpus], tmp_path / out)
    assert contents(tmp_path) == before


def test_corpus_in_the_folder_of_lists_raises_an_error(tmp_path):
    corpus = find("musan", write_musan(tmp_path / "db-lists"))
    with pytest.raises(ValueError, match="would be inside corpus"):
        write_database_yml([corpus], tmp_path / "db.yml")
    assert not (tmp_path / "db.yml").exists()


def test_example_works_with_real_paths(tmp_path, pytestconfig):
    corpora = tmp_path / "corpora"
    write_ami(corpora, MEETINGS)
    write_chime5(corpora / "CHiME5")
    write_voxceleb(corpora / "voxceleb1")
    write_musan(corpora / "musan")
    # `init` writes the lists and recipes
    init(tmp_path, voxceleb=corpora / "voxceleb1", musan=corpora / "musan")
    (tmp_path / "db-lists").rename(tmp_path / "database-lists")
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
        assert report.messages == []
        assert all(report.files.values())
    for name in ("AMI", "AMI-SDM"):
        assert len(audio(f"{name}.SpeakerDiarization.only_words", "test")) == len(MEETINGS)
