"""A protocol restricted to the recordings that exist."""

import pytest
import yaml
from pyannote.database import FileFinder, registry

from pyannote_strf.database.check import check
from pyannote_strf.database.partial import write_present
from pyannote_strf.database.protocols import get_trials, load_registry
from tests.conftest import VOICES
from tests.corpora.folders import init, names, write_ami

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

AMI = "AMI.SpeakerDiarization.MixHeadset"


def test_partial_copy_of_ami_is_usable(tmp_path):
    meetings = [names(f"ami/MixHeadset.{subset}.lst")[0] for subset in ("train", "test")]
    write_ami(tmp_path / "AMI", [name.partition(".")[0] for name in meetings])
    init(tmp_path, ami=tmp_path / "AMI")
    before = len(check(AMI).problems)
    counts = write_present(AMI, tmp_path / "present.yml")
    assert counts == {"train": (1, 118), "development": (0, 26), "test": (1, 24)}
    load_registry(tmp_path / "present.yml")
    report = check(AMI)
    # annotated extents are those of real meetings
    assert all("but its audio lasts" in problem.text for problem in report.problems)
    assert before > 100
    assert [file.uri for files in report.files.values() for file in files] == meetings


def test_trials_of_missing_recordings_are_skipped(tmp_path, voices):
    content = yaml.safe_load((voices / "database.yml").read_text())
    for uri in ("test115-0", "test115-1", "test135-0"):
        (tmp_path / f"{uri}.wav").symlink_to(voices / f"{uri}.wav")
    for path in voices.glob("test.*"):
        (tmp_path / path.name).symlink_to(path)
    entries = content["Protocols"]["Choir"]["SpeakerVerification"]["Voices"]
    del entries["train"], entries["development"]
    (tmp_path / "database.yml").write_text(yaml.safe_dump(content))
    load_registry(tmp_path / "database.yml")
    assert write_present(VOICES, tmp_path / "present.yml") == {"test": (3, 9)}
    load_registry(tmp_path / "present.yml")
    protocol = registry.get_protocol(VOICES, {"audio": FileFinder()})
    sides = [
        (trial["reference"], trial["file1"]["uri"], trial["file2"]["uri"])
        for trial in get_trials(protocol, "test")
    ]
    assert sides == [
        (1, "test115-0", "test115-1"),
        (0, "test115-0", "test135-0"),
        (0, "test115-1", "test135-0"),
    ]


def test_nothing_is_written_if_no_recording_exists(tmp_path):
    write_ami(tmp_path / "AMI", ["other"])
    init(tmp_path, ami=tmp_path / "AMI")
    with pytest.raises(ValueError, match="no recording found"):
        write_present(AMI, tmp_path / "present.yml")
    assert not list(tmp_path.glob("present*"))
