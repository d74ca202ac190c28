"""`pyannote-audio` after `plug`: commands of upstream report errors in one line, as ours do."""

import sys

import pytest
import yaml

from pyannote_strf.cli import main as ours
from pyannote_strf.cli.plugged import main

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


@pytest.fixture
def plugged(monkeypatch):
    """Function that runs a command line, and returns its exit code or error message."""
    monkeypatch.setattr(ours.app.info, "cls", ours.app.info.cls)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["pyannote-audio", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code

    return run


@pytest.fixture
def checkpoint(trained_experiments):
    (path,) = trained_experiments["sad"].glob("train/*/weights/0001.ckpt")
    return path


@pytest.fixture
def config(tmp_path, checkpoint):
    pipeline = {
        "name": "pyannote_strf.pipelines.SpeechActivityDetection",
        "params": {"segmentation": str(checkpoint)},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"pipeline": pipeline}))
    return tmp_path / "config.yaml"


def test_an_invalid_pipeline_raises_an_error(plugged, tmp_path, checkpoint, corpus):
    audio = corpus / "test0.wav"
    (tmp_path / "malformed.yaml").write_text("pipeline: [")
    (tmp_path / "other.yaml").write_text("task: {name: SpeechActivityDetection}")
    for path in (checkpoint, tmp_path / "malformed.yaml", tmp_path / "other.yaml"):
        message = plugged("apply", path, audio)
        assert message.startswith(f"error: {path}: not a pipeline; give a config.yaml")
    for path in (tmp_path / "nowhere.yaml", "nowhere", "folder/nowhere.yaml"):
        message = plugged("apply", path, audio)
        assert message.startswith(f"error: {path}: does not exist; give a config.yaml")


def test_a_folder_of_audio_needs_an_output_folder(plugged, config, corpus, capsys):
    assert plugged("apply", config, corpus) == 1
    assert capsys.readouterr().out == "When AUDIO is a directory, INTO must also be a directory.\n"


def test_a_pipeline_is_applied(plugged, config, corpus, capsys):
    assert plugged("apply", config.parent, corpus / "test0.wav") == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("SPEAKER test0 1 ") for line in lines)


def test_help_lists_commands_of_both(plugged, capsys):
    assert plugged("--help") == 0
    output = capsys.readouterr().out
    for command in ("sad", "emb", "apply", "optimize", "benchmark"):
        assert f" {command} " in output
