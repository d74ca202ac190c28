import shutil

import pytest
from pyannote.database import FileFinder, registry

from pyannote_strf.corpora import find
from pyannote_strf.database.check import check
from tests.corpora.folders import audio, init, write_audio, write_voxceleb

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


@pytest.mark.parametrize("split", [True, False])
def test_voxceleb1_is_found_and_valid(tmp_path, split):
    init(tmp_path, voxceleb=write_voxceleb(tmp_path / "vox1", split))
    name = "VoxCeleb.SpeakerVerification.VoxCeleb1"
    report = check(name)
    assert report.messages == []
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


def test_recording_in_several_formats_is_listed_once(tmp_path):
    root = write_voxceleb(tmp_path / "vox1")
    for path in list(root.rglob("id10001/*/*.wav")):
        shutil.copy(path, path.with_suffix(".m4a"))
    lists = find("voxceleb", root).lists
    assert len(lists["voxceleb/VoxCeleb1.dev.lst"]) == 6
    assert {uri[-4:] for uri in lists["voxceleb/VoxCeleb1.dev.lst"]} == {".wav"}
