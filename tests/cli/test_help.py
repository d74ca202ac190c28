import pytest

from pyannote_strf.analysis.filters.filter_analysis import KINDS
from pyannote_strf.applications import base
from pyannote_strf.applications.base import applications
from pyannote_strf.cli.filters import ImportanceKind, PictureFormat
from pyannote_strf.cli.main import app
from pyannote_strf.cli.options import Subset
from pyannote_strf.database.database_yml import SUBSETS
from pyannote_strf.reports.page import TYPES


@pytest.fixture
def shown(command, capsys, monkeypatch):
    """Function that returns the `--help` of a command."""
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments):
        command(*arguments, "--help")
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    "arguments", [(), ("sad",), ("sad", "train"), ("tag", "predict"), ("filters",)]
)
def test_flags_have_no_type(shown, arguments):
    assert "bool" not in shown(*arguments).lower()


def test_choices_are_listed(shown):
    assert "train|development|test" in shown("sad", "train")
    assert "detection_fscore|detection_error_rate" in shown("sad", "validate")
    assert "csv|json|audacity|raven" in shown("tag", "predict")
    text = shown("filters")
    assert "gradient|ablation" in text
    assert "png|svg" in text


COMMANDS = [
    *((name, command) for name in applications() for command in ("init", "train", "validate")),
    *(("protocols", command) for command in ("list", "init", "check", "stats", "present")),
    *((command,) for command in ("demo", "export", "filters", "plug", "unplug")),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_all_commands_have_a_debug_option(shown, arguments):
    assert "--debug" in shown(*arguments)


@pytest.mark.parametrize("options", [(), ("--debug",)])
def test_debug_raises_the_original_error(command, tmp_path, options):
    (tmp_path / "config.yml").touch()
    with pytest.raises(ValueError if options else SystemExit, match="already exists"):
        command("sad", "init", tmp_path, *options)


def test_subsets_are_those_of_protocols():
    assert tuple(Subset) == SUBSETS


def test_choices_are_those_of_reports():
    assert tuple(ImportanceKind) == KINDS
    assert set(PictureFormat) == set(TYPES)


def test_commands_are_completed(capsys, monkeypatch):
    monkeypatch.setenv("_PYANNOTE_STRF_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "pyannote-strf sa")
    monkeypatch.setenv("COMP_CWORD", "1")
    with pytest.raises(SystemExit):
        app(prog_name="pyannote-strf")
    assert capsys.readouterr().out.split() == ["sad"]


def test_completion_can_be_installed(shown):
    text = shown()
    assert "--install-completion" in text
    assert "--show-completion" in text


def test_applications_that_cannot_be_imported_are_skipped(monkeypatch, caplog):
    monkeypatch.setattr(base, "registered", lambda group: ["birds", "sad"])
    assert list(applications()) == ["sad"]
    assert list(applications()) == ["sad"]
    (record,) = caplog.records
    assert record.message.startswith("application 'birds' is skipped: unknown name 'birds'")
