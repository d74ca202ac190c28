"""Faults planted in a valid corpus are reported."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from pyannote.core import Annotation

from pyannote_strf.compat.annotation_loaders import QuickRTTMLoader
from pyannote_strf.database.check import check
from pyannote_strf.database.lines import check_lines
from pyannote_strf.database.overview import overview
from pyannote_strf.database.protocols import load_registry
from pyannote_strf.database.statistics import subset_statistics
from tests.corpora.folders import write_audio

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

NAME = "Planted.SpeakerVerification.Faults"
SUBSETS = ("train", "test")


@pytest.fixture
def sound(tmp_path):
    """Write a valid corpus: two recordings of 4 s and one speaker in each subset."""
    protocol = {"scope": "global"}
    for subset in SUBSETS:
        uris = [f"{subset}{number}" for number in (1, 2)]
        for uri in uris:
            write_audio(tmp_path / f"{uri}.flac", 4.0)
        lines = [f"SPEAKER {uri} 1 1.0 2.5 <NA> <NA> {subset}_ann <NA> <NA>\n" for uri in uris]
        (tmp_path / f"{subset}.lst").write_text("".join(f"{uri}\n" for uri in uris))
        (tmp_path / f"{subset}.rttm").write_text("".join(lines))
        (tmp_path / f"{subset}.uem").write_text("".join(f"{uri} 1 0.0 4.0\n" for uri in uris))
        keys = (("uri", "lst"), ("annotation", "rttm"), ("annotated", "uem"))
        protocol[subset] = {key: f"{subset}.{suffix}" for key, suffix in keys}
    protocol["test"]["trial"] = "test.trial"
    (tmp_path / "test.trial").write_text("1 test1 test2\n0 test2 test1\n")
    content = {
        "Databases": {"Planted": "{uri}.flac"},
        "Protocols": {"Planted": {"SpeakerVerification": {"Faults": protocol}}},
    }
    (tmp_path / "database.yml").write_text(yaml.safe_dump(content))
    return tmp_path


def problems(root: Path) -> list[str]:
    load_registry(root / "database.yml")
    return check(NAME).messages


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2000])


def with_nan(path: Path) -> None:
    soundfile.write(path, np.full(64000, np.nan), 16000, format="WAV", subtype="FLOAT")


FAULTS = {
    "missing audio": (
        lambda root: (root / "train1.flac").unlink(),
        'train, train1: Could not find file "train1"',
    ),
    "empty audio": (
        lambda root: (root / "train1.flac").write_bytes(b""),
        "train, train1: .*train1.flac: file is empty",
    ),
    "truncated audio": (
        lambda root: truncate(root / "train2.flac"),
        "train, train2: .*truncated",
    ),
    "NaN in audio": (
        lambda root: with_nan(root / "train2.flac"),
        "train, train2: .*NaN",
    ),
    "something that is not audio": (
        lambda root: (root / "test1.flac").write_text("not audio at all"),
        "test, test1: .*neither libsndfile nor torchcodec",
    ),
    "an extent beyond its audio": (
        lambda root: append(root / "train.uem", "train1 1 4.0 7.0\n"),
        r"train, train1: annotated up to 7.00 s, but its audio lasts 4.00 s",
    ),
    "speech beyond its audio": (
        lambda root: append(
            root / "test.rttm", "SPEAKER test2 1 3.0 2.0 <NA> <NA> test_ann <NA> <NA>\n"
        ),
        r"test, test2: speech up to 5.00 s, but its audio lasts 4.00 s",
    ),
    "a recording without annotation": (
        lambda root: [append(root / "train.lst", "train3\n"), write_audio(root / "train3.flac", 1)],
        "train, train3: no part of it is annotated",
    ),
    "a recording without speech": (
        lambda root: [
            append(root / "train.lst", "train3\n"),
            append(root / "train.uem", "train3 1 0.0 1.0\n"),
            write_audio(root / "train3.flac", 1),
        ],
        "train, train3: no speech in the part that is annotated",
    ),
    "a speaker in two subsets": (
        lambda root: append(
            root / "test.rttm", "SPEAKER test2 1 3.5 0.5 <NA> <NA> train_ann <NA> <NA>\n"
        ),
        "speakers both in train and in test: train_ann",
    ),
    "a recording in two subsets": (
        lambda root: append(root / "test.lst", "train1\n"),
        "recordings both in train and in test: train1",
    ),
    "a recording twice in a list": (
        lambda root: append(root / "train.lst", "train1\n"),
        "train.lst, line 3: repeats line 1",
    ),
    "another sample rate": (
        lambda root: write_audio(root / "train1.flac", 4.0, rate=8000),
        "recordings differ in sample rate: 3 at 16000 Hz, 1 at 8000 Hz",
    ),
    "a list that is not there": (
        lambda root: (root / "train.lst").unlink(),
        "train: train.lst does not exist .uri in ",
    ),
    "annotation that is not there": (
        lambda root: (root / "test.rttm").unlink(),
        "test: test.rttm does not exist .annotation in ",
    ),
    "an empty list": (
        lambda root: (root / "train.lst").write_text(""),
        "train: no recording in train.lst",
    ),
    "a malformed line of RTTM": (
        lambda root: append(root / "train.rttm", "SPEAKER train1 1 soon 1.0\n"),
        "train.rttm, line 3: expected SPEAKER uri",
    ),
    "a malformed line of UEM": (
        lambda root: append(root / "train.uem", "train1 1 3.0 2.0\n"),
        "train.uem, line 3: ends at 2.0 s, before it starts",
    ),
    "a malformed trial": (
        lambda root: append(root / "test.trial", "same test1 test2\n"),
        "test.trial, line 3: reference must be 0 or 1, got 'same'",
    ),
    "a trial of an unknown recording": (
        lambda root: append(root / "test.trial", "1 test1 other\n"),
        "1 sides of trials are not in the list of recordings: other",
    ),
    "trials of one kind": (
        lambda root: (root / "test.trial").write_text("1 test1 test2\n"),
        "test.trial: no trial of two speakers",
    ),
}


def test_definition_is_checked_too(sound):
    content = yaml.safe_load((sound / "database.yml").read_text())
    protocol = content["Protocols"]["Planted"]["SpeakerVerification"]["Faults"]
    protocol["classes"] = ["speaker"]
    (sound / "database.yml").write_text(yaml.safe_dump(content))
    assert problems(sound) == []
    protocol["clases"] = protocol.pop("classes")
    (sound / "database.yml").write_text(yaml.safe_dump(content))
    (problem,) = problems(sound)
    assert problem.startswith("entry 'clases' is not supported, valid entries: train, development")


def test_valid_corpus_has_no_problems(sound):
    load_registry(sound / "database.yml")
    report = check(NAME)
    assert report.messages == []
    statistics = subset_statistics(report.files["train"])
    assert (statistics.files, statistics.duration, statistics.annotated) == (2, 8.0, 8.0)
    assert (statistics.speech, statistics.overlap, statistics.speakers) == (5.0, 0.0, {"train_ann"})
    assert report.sample_rates["train"] == {16000: 2}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_reported(sound, fault):
    plant, message = FAULTS[fault]
    plant(sound)
    with pytest.raises(ValueError, match=message):
        raise ValueError("\n".join(problems(sound)))


def test_annotation_files_of_recordings_are_checked_line_by_line(sound):
    content = yaml.safe_load((sound / "database.yml").read_text())
    train = content["Protocols"]["Planted"]["SpeakerVerification"]["Faults"]["train"]
    train["annotation"] = "{uri}.rttm"
    (sound / "database.yml").write_text(yaml.safe_dump(content))
    line = "SPEAKER train1 1 1.0 2.5 <NA> <NA> train_ann <NA> <NA>\n"
    (sound / "train1.rttm").write_text(line + line.replace("2.5", "-2.5"))
    found = problems(sound)
    assert any("train1.rttm, line 2: duration is '-2.5'" in problem for problem in found)
    assert any("train2.rttm" in problem for problem in found)


def test_problem_of_several_recordings_is_reported_once(sound):
    content = yaml.safe_load((sound / "database.yml").read_text())
    content["Databases"] = {"Other": "{uri}.flac"}
    (sound / "database.yml").write_text(yaml.safe_dump(content))
    assert "train, train1, train2: section Databases of database.yml has no 'Planted'" in problems(
        sound
    )


def test_statistics_match_an_independent_count(shared):
    """Count speech and overlap of real meetings on a grid of milliseconds."""
    root = shared / "data" / "ami_excerpts"
    load_registry(root / "database.yml")
    report = check("AMIExcerpts.SpeakerDiarization.Excerpts")
    assert report.messages == []
    for subset, files in report.files.items():
        active: dict[str, dict[str, np.ndarray]] = {}
        for line in (root / f"{subset}.rttm").read_text().splitlines():
            _, uri, _, start, duration, _, _, speaker, *_ = line.split()
            grid = active.setdefault(uri, {}).setdefault(speaker, np.zeros(30_000, bool))
            first = round(1000 * float(start))
            grid[first : first + round(1000 * float(duration))] = True
        counts = np.concatenate([sum(map(np.int64, grids.values())) for grids in active.values()])
        statistics = subset_statistics(files)
        assert statistics.speech == pytest.approx((counts > 0).sum() / 1000, abs=0.01)
        assert statistics.overlap == pytest.approx((counts > 1).sum() / 1000, abs=0.01)


@pytest.mark.parametrize("subset", ["development", "test"])
def test_references_of_mixheadset_are_valid(shared, subset):
    for suffix in ("lst", "uem", "rttm"):
        path = shared / "reference" / "ami" / f"MixHeadset.{subset}.{suffix}"
        assert list(check_lines(path)) == []


def test_file_that_is_not_text_is_reported(tmp_path):
    path = tmp_path / "x.rttm"
    path.write_bytes(b"SPEAKER \xff\xfe")
    assert list(check_lines(path)) == [
        f"{path}, line 1: not UTF-8 (invalid start byte); save the file as UTF-8"
    ]


def test_truncated_wav_is_reported(sound):
    content = yaml.safe_load((sound / "database.yml").read_text())
    content["Databases"]["Planted"] = "{uri}.wav"
    (sound / "database.yml").write_text(yaml.safe_dump(content))
    for subset in SUBSETS:
        for number in (1, 2):
            write_audio(sound / f"{subset}{number}.wav", 4.0)
    truncate(sound / "train1.wav")
    found = problems(sound)
    assert any("train1.wav: shorter than its header announces" in problem for problem in found)
    assert not any("train2" in problem for problem in found)


def test_path_may_contain_the_subset(sound):
    content = yaml.safe_load((sound / "database.yml").read_text())
    subsets = content["Protocols"]["Planted"]["SpeakerVerification"]["Faults"]
    for subset in SUBSETS:
        subsets[subset]["annotation"] = "{subset}.rttm"
    (sound / "database.yml").write_text(yaml.safe_dump(content))
    assert problems(sound) == []


def test_subset_without_uri_is_reported(sound):
    content = yaml.safe_load((sound / "database.yml").read_text())
    train = content["Protocols"]["Planted"]["SpeakerVerification"]["Faults"]["train"]
    train["url"] = train.pop("uri")
    (sound / "database.yml").write_text(yaml.safe_dump(content))
    (problem,) = [problem for problem in problems(sound) if "no `uri`" in problem]
    assert problem.startswith(f"train: no `uri` in {sound / 'database.yml'}")


def test_warning_of_a_loader_is_reported(sound, monkeypatch):
    def doubtful(self, file):
        warnings.warn(f"half of {file['uri']} is missing", stacklevel=1)
        return Annotation(uri=file["uri"])

    monkeypatch.setattr(QuickRTTMLoader, "__call__", doubtful)
    assert "train, train1, train2: half of train1 is missing" in problems(sound)


def test_parts_of_a_meta_protocol_are_checked(sound):
    content = yaml.safe_load((sound / "database.yml").read_text())
    planted = content["Protocols"]["Planted"]["SpeakerVerification"]
    planted["Other"] = {"scope": "global", "train": planted["Faults"]["test"]}
    both = {NAME: ["train"], "Planted.SpeakerVerification.Other": ["train"]}
    content["Protocols"]["X"] = {"SpeakerVerification": {"Both": {"train": both}}}
    (sound / "database.yml").write_text(yaml.safe_dump(content))
    load_registry(sound / "database.yml")
    report = check("X.SpeakerVerification.Both")
    assert report.messages == []
    assert [file.uri for file in report.files["train"]] == ["train1", "train2", "test1", "test2"]
    (sound / "test1.flac").unlink()
    (problem,) = check("X.SpeakerVerification.Both").messages
    assert problem.startswith('train, test1: Could not find file "test1"')
    (row,) = [row for row in overview() if row.name == "X.SpeakerVerification.Both"]
    assert (str(row.audio), row.annotation) == ("3 of 4", True)


def test_overview_includes_invalid_protocols(sound):
    content = yaml.safe_load((sound / "database.yml").read_text())
    planted = content["Protocols"]["Planted"]["SpeakerVerification"]
    planted["v1.0"] = planted["Faults"]
    (sound / "database.yml").write_text(yaml.safe_dump(content))
    (sound / "train.lst").write_text("")
    load_registry(sound / "database.yml")
    rows = {row.name: row for row in overview()}
    assert "a dot in the name" in rows["Planted.SpeakerVerification.v1.0"].missing[0]
    assert rows[NAME].missing == ["train.lst is empty"]
    missing = rows["VoxCeleb.SpeakerVerification.VoxCeleb1"].missing
    assert "run `pyannote-strf protocols init`" in missing[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Databases:\n  A: a.wav\nProtocols:\n", "Protocols: the section is empty"),
        ("- 1\n", "expected sections Databases and Protocols"),
        ("Databases: {a\n", "line 2"),
    ],
)
def test_error_explains_a_malformed_database_yml(tmp_path, text, message):
    (tmp_path / "database.yml").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_registry(tmp_path / "database.yml")
