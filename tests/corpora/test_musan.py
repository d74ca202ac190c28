import shutil

import pytest

from pyannote_strf.database.check import check
from tests.corpora.folders import audio, init, write_musan

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


def test_musan_is_found_and_valid(tmp_path):
    init(tmp_path, musan=write_musan(tmp_path / "musan"))
    for collection, part in (
        ("BackgroundNoise", "noise"),
        ("Music", "music"),
        ("Speech", "speech"),
    ):
        found = audio(f"MUSAN.Collection.{collection}", "files")
        assert [path.split("/")[-3] for path in found] == [part, part]
        assert check(f"MUSAN.Collection.{collection}").messages == []


def test_partial_musan_is_found(tmp_path):
    root = write_musan(tmp_path / "musan")
    shutil.rmtree(root / "music")
    init(tmp_path, musan=root)
    report = check("MUSAN.Collection.BackgroundNoise")
    assert report.messages == []
    assert [(file.uri, file.duration) for file in report.files["files"]] == [
        (f"noise/free-sound/noise-free-sound-000{number}", 1.0) for number in (0, 1)
    ]
    assert "Music" not in (tmp_path / "db.yml").read_text()
