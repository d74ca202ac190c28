import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import yaml

from tests.conftest import PROTOCOL, SAMPLE_RATE


@pytest.fixture
def broken(tmp_path_factory, corpus):
    """Function that copies the corpus, and replaces the audio of a training file."""

    def copy(write):
        root = tmp_path_factory.mktemp("broken")
        shutil.copytree(corpus, root, dirs_exist_ok=True)
        write(root / "train1.wav")
        return f"--registry={root / 'database.yml'}"

    return copy


def write_nan(path):
    samples = np.full(8 * SAMPLE_RATE, np.nan, dtype="float32")
    soundfile.write(path, samples, SAMPLE_RATE, subtype="FLOAT")


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda path: path.unlink(), "train1.wav"),
        (lambda path: path.write_bytes(b""), "train1.wav: file is empty"),
        (lambda path: soundfile.write(path, np.zeros(0), SAMPLE_RATE), "holds no sample"),
        (lambda path: path.write_text("not audio"), "train1.wav: neither libsndfile nor"),
        (
            lambda path: soundfile.write(path, np.zeros(16000), SAMPLE_RATE),
            "'train1': annotated up to 8.00 s, but its audio lasts 1.00 s",
        ),
        (write_nan, "train1.wav: audio holds NaN"),
    ],
    ids=["missing", "empty", "no sample", "not audio", "too short", "not finite"],
)
@pytest.mark.parametrize("workers", [0, 1])
def test_invalid_audio_raises_an_error(mistake, experiment, broken, write, expected, workers):
    options = ("--to=3", f"--parallel={workers}", "--cpu", "--batch=16")
    message = mistake("sad", "train", *options, experiment, PROTOCOL, broken(write))
    assert expected in message
    assert not list(experiment.rglob("*.ckpt*"))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: soundfile.write(path, np.random.randn(8 * SAMPLE_RATE, 2) / 9, SAMPLE_RATE),
        lambda path: soundfile.write(path, np.random.randn(8 * 22050) / 9, 22050),
        lambda path: soundfile.write(path, np.zeros(8 * SAMPLE_RATE), SAMPLE_RATE),
    ],
    ids=["stereo", "another rate", "silence"],
)
def test_unusual_audio_is_accepted(command, experiment, broken, write):
    options = ("--to=1", "--parallel=0", "--cpu", "--batch=16")
    command("sad", "train", *options, experiment, PROTOCOL, broken(write))
    assert list(experiment.rglob("0001.ckpt"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Tiny.SpeakerDiarization.Nothing", "unknown protocol"),
        ("Nothing.SpeakerDiarization.Bursts", "Tiny.SpeakerDiarization.Bursts"),
        ("Bursts", "unknown protocol 'Bursts'"),
        ("Tiny.SpeakerDiarisation.Bursts", f"did you mean '{PROTOCOL}'?"),
    ],
)
def test_an_unknown_protocol_raises_an_error(mistake, experiment, registry, name, expected):
    assert expected in mistake("sad", "train", "--to=1", experiment, name, registry)


def test_an_invalid_registry_raises_an_error(mistake, experiment, tmp_path):
    train = ("sad", "train", "--to=1", experiment, PROTOCOL)
    assert "no such file" in mistake(*train, f"--registry={tmp_path / 'nowhere.yml'}")
    (tmp_path / "bad.yml").write_text("Protocols: [1, 2")
    assert "bad.yml: line 1: not valid YAML" in mistake(
        *train, f"--registry={tmp_path / 'bad.yml'}"
    )


def test_a_missing_default_registry_raises_an_error(mistake, experiment, monkeypatch):
    monkeypatch.setenv("PYANNOTE_DATABASE_CONFIG", "/nowhere.yml")
    message = mistake("sad", "train", "--to=1", experiment, PROTOCOL)
    assert "PYANNOTE_DATABASE_CONFIG: /nowhere.yml: no such file" in message


def test_lists_beside_the_registry_take_precedence_over_the_current_folder(
    command, experiment, registry, tmp_path_factory, monkeypatch
):
    """pyannote.database 6.1 reads lists in the current folder instead."""
    folder = tmp_path_factory.mktemp("current")
    (folder / "train.lst").write_text("another\n")
    monkeypatch.chdir(folder)
    train = ("sad", "train", "--to=1", "--parallel=0", "--cpu", experiment, PROTOCOL, registry)
    command(*train)
    assert list(experiment.rglob("0001.ckpt"))


RTTM = "SPEAKER {uri} 1 {start} {duration} <NA> <NA> A <NA> <NA>\n"
LINES = {
    "negative start": ("rttm", RTTM, {"start": -1, "duration": 2}, "start is '-1'"),
    "negative duration": ("rttm", RTTM, {"start": 1, "duration": -1}, "duration is '-1'"),
    "NaN": ("rttm", RTTM, {"start": "nan", "duration": 1}, "start is 'nan'"),
    "infinite": ("rttm", RTTM, {"start": 1, "duration": "inf"}, "duration is 'inf'"),
    "huge": ("rttm", RTTM, {"start": 1, "duration": "1e300"}, "duration is '1e300'"),
    "beyond the end": ("rttm", RTTM, {"start": 7, "duration": 1.02}, "speech up to 8.02 s"),
    "infinite part": ("uem", "{uri} 1 0 inf\n", {}, "end is 'inf'"),
    "part that ends before it starts": ("uem", "{uri} 1 5 2\n", {}, "before it starts"),
    "part beyond the end": ("uem", "{uri} 1 0 8.02\n", {}, "annotated up to 8.02 s"),
    "not UTF-8": ("rttm", "SPEAKER \xff", {}, "not UTF-8"),
}


@pytest.fixture
def with_line(corpus, tmp_path_factory):
    """Function that copies the corpus, and adds a line to a file of each subset."""

    def copy(suffix, line, **times):
        root = tmp_path_factory.mktemp("lines")
        shutil.copytree(corpus, root, dirs_exist_ok=True)
        for subset in ("train", "development", "test"):
            with (root / f"{subset}.{suffix}").open("a", encoding="latin-1") as file:
                file.write(line.format(uri=f"{subset}0", **times))
        return f"--registry={root / 'database.yml'}"

    return copy


@pytest.mark.parametrize("kind", LINES)
def test_invalid_annotation_raises_an_error_in_every_command(
    mistake, command, capsys, trained, with_line, kind
):
    suffix, line, times, expected = LINES[kind]
    registry = with_line(suffix, line, **times)
    validate_dir = trained / "validate_detection_fscore" / f"{PROTOCOL}.development"
    before = (validate_dir / "params.yml").read_bytes()
    for arguments in (
        ("train", "--from=last", "--to=3", "--cpu", trained.parent.parent),
        ("validate", "--trials=1", "--cpu", trained),
        ("apply", "--cpu", validate_dir),
    ):
        assert expected in mistake("sad", *arguments, PROTOCOL, registry)
    with pytest.raises(SystemExit):
        command("protocols", "check", PROTOCOL, registry)
    assert expected in capsys.readouterr().out
    assert not list(trained.rglob("0003.ckpt"))
    assert not (validate_dir / "apply").exists()
    assert (validate_dir / "params.yml").read_bytes() == before


def test_a_malformed_default_database_raises_an_error(experiment, tmp_path):
    (tmp_path / "database.yml").write_text("Protocols: [1, 2")
    run = subprocess.run(
        [sys.executable, "-m", "pyannote_strf.cli", "sad", "train", experiment, PROTOCOL],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert run.stderr.startswith(f"error: {tmp_path / 'database.yml'}: line 1: not valid YAML")
    assert len(run.stderr.splitlines()) == 1


def test_missing_annotation_raises_an_error(mistake, experiment, tmp_path, corpus):
    shutil.copytree(corpus, tmp_path, dirs_exist_ok=True)
    content = yaml.safe_load((corpus / "database.yml").read_text())
    protocol = content["Protocols"]["Tiny"]["SpeakerDiarization"]["Bursts"]
    train = (
        "sad",
        "train",
        "--to=1",
        experiment,
        PROTOCOL,
        f"--registry={tmp_path / 'changed.yml'}",
    )

    del protocol["train"]["annotation"]
    (tmp_path / "changed.yml").write_text(yaml.safe_dump(content))
    assert "(train): 'train0' has no annotation" in mistake(*train)

    protocol["train"]["annotation"] = "nowhere.rttm"
    (tmp_path / "changed.yml").write_text(yaml.safe_dump(content))
    message = mistake(*train)
    assert f"nowhere.rttm does not exist (annotation in {tmp_path / 'changed.yml'})" in message
    assert "correct the path, or write the file" in message

    protocol["train"]["annotation"] = "train.lst"
    (tmp_path / "changed.yml").write_text(yaml.safe_dump(content))
    assert ".lst" in mistake(*train)

    protocol["train"]["annotation"] = "test.rttm"
    (tmp_path / "changed.yml").write_text(yaml.safe_dump(content))
    assert "no file of the train subset has any annotated speech" in mistake(*train)

    protocol["train"]["annotation"] = "train.rttm"
    protocol["development"]["uri"] = "empty.lst"
    (tmp_path / "empty.lst").touch()
    (tmp_path / "changed.yml").write_text(yaml.safe_dump(content))
    assert "the development subset is not defined, or empty" in mistake(*train)


@pytest.mark.parametrize("key", ["annotated", "annotation"])
def test_a_subset_without_references_raises_an_error(
    mistake, command, experiment, corpus, tmp_path_factory, key
):
    root = tmp_path_factory.mktemp("renamed")
    shutil.copytree(corpus, root, dirs_exist_ok=True)
    registry = f"--registry={root / 'database.yml'}"
    command("sad", "train", "--to=1", "--parallel=0", "--cpu", experiment, PROTOCOL, registry)
    train_dir = experiment / "train" / f"{PROTOCOL}.train"
    validate = ("sad", "validate", "--trials=1", "--cpu", train_dir, PROTOCOL, registry)
    command(*validate)
    validate_dir = train_dir / "validate_detection_fscore" / f"{PROTOCOL}.development"
    apply = ("sad", "apply", "--cpu", validate_dir, PROTOCOL, registry)

    suffix = {"annotated": "uem", "annotation": "rttm"}[key]
    for subset in ("development", "test"):
        path = root / f"{subset}.{suffix}"
        path.write_text(path.read_text().replace(subset, "another"))
    expected = {"annotated": "no part of", "annotation": "no file has any annotated speech"}[key]
    (validate_dir / "params.yml").rename(validate_dir / "kept.yml")
    assert expected in mistake(*validate)
    assert not (validate_dir / "params.yml").exists()
    (validate_dir / "kept.yml").rename(validate_dir / "params.yml")
    assert expected in mistake(*apply)
    assert not (validate_dir / "apply").exists()
