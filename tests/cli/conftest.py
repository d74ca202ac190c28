import shutil
import sys

import pytest
import torch

from pyannote_strf import STRFPyanNet
from pyannote_strf.analysis.pictures.comparison import comparison_figure
from pyannote_strf.cli.main import main
from tests.conftest import CLIPS, PROTOCOL, TINY_ARCHITECTURE, TINY_FRONTEND, VOICES

TWO_FILTERS = {**TINY_FRONTEND, "num_filters": 2}


@pytest.fixture
def registry(corpus):
    """`--registry` option for the tiny corpus."""
    return f"--registry={corpus / 'database.yml'}"


@pytest.fixture
def command(monkeypatch):
    """Function that runs a command line in this process."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["pyannote-strf", *map(str, arguments)])
        try:
            main()
        except SystemExit as stop:
            if stop.code not in (0, None):
                raise

    return run


@pytest.fixture
def mistake(command):
    """Function that runs a command line that must fail, and returns its error message."""

    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            command(*arguments)
        message = stop.value.code
        assert isinstance(message, str), "failures other than usage errors have a message"
        assert message.startswith("error: ")
        assert "\n" not in message
        return message

    return run


@pytest.fixture
def usage_error(command, capsys):
    """Function that runs a command line with an invalid option, and returns the usage error."""

    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            command(*arguments)
        assert stop.value.code == 2
        return " ".join(capsys.readouterr().err.replace("│", "").split())

    return run


@pytest.fixture
def trained(trained_experiments, tmp_path):
    """Training directory of `sad`, after two epochs and a validation."""
    return copied(trained_experiments["sad"], tmp_path) / "train" / f"{PROTOCOL}.train"


@pytest.fixture
def trained_emb(trained_experiments, tmp_path):
    """Training directory of `emb`, after two epochs and a validation."""
    return copied(trained_experiments["emb"], tmp_path) / "train" / f"{VOICES}.train"


@pytest.fixture
def trained_tag(trained_experiments, tmp_path):
    """Training directory of `tag`, after two epochs and a validation."""
    return copied(trained_experiments["tag"], tmp_path) / "train" / f"{CLIPS}.train"


@pytest.fixture
def drawn_totals(monkeypatch):
    """Names of the metrics in pictures of `compare`."""
    names = []

    def draw(systems, metric, *others):
        names.append(metric)
        return comparison_figure(systems, metric, *others)

    monkeypatch.setattr("pyannote_strf.reports.compare.comparison_figure", draw)
    return names


def written(model, specifications, path):
    """Write a checkpoint of an untrained model."""
    model.specifications = specifications
    model.setup()
    content = {"state_dict": model.state_dict(), "hyper_parameters": dict(model.hparams)}
    model.on_save_checkpoint(content)
    torch.save({**content, "pytorch-lightning_version": "2.6.0"}, path)
    return path


@pytest.fixture
def checkpoint(specifications, tmp_path):
    """Function that writes a checkpoint of a speech activity detection model."""

    def write(name="model", frontend=TWO_FILTERS):
        model = STRFPyanNet(**{**TINY_ARCHITECTURE, "frontend": frontend})
        return written(model, specifications, tmp_path / f"{name}.ckpt")

    return write


def copied(experiment, folder):
    shutil.copytree(experiment, folder, dirs_exist_ok=True)
    return folder
