import shutil
import sys

import pytest

from pyannote_strf.cli.main import main
from tests.conftest import PROTOCOL, VOICES


@pytest.fixture
def registry(corpus):
    """Option that names the definition of the tiny corpus."""
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
    """Function that runs a command line that must fail, and gives the line that says why."""

    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            command(*arguments)
        message = stop.value.code
        assert isinstance(message, str), "anything but exit code 0 or 2 comes with a message"
        assert message.startswith("error: ")
        assert "\n" not in message
        return message

    return run


@pytest.fixture
def trained(trained_experiments, tmp_path):
    """What `sad train` and `sad validate` made of two epochs."""
    return copied(trained_experiments["sad"], tmp_path) / "train" / f"{PROTOCOL}.train"


@pytest.fixture
def trained_emb(trained_experiments, tmp_path):
    """What `emb train` and `emb validate` made of two epochs."""
    return copied(trained_experiments["emb"], tmp_path) / "train" / f"{VOICES}.train"


def copied(experiment, folder):
    shutil.copytree(experiment, folder, dirs_exist_ok=True)
    return folder
