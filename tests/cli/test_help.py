import pytest

from pyannote_strf.cli.main import app


@pytest.fixture
def shown(command, capsys, monkeypatch):
    """Function that gives what `--help` of a command shows."""
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments):
        command(*arguments, "--help")
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("arguments", [(), ("sad",), ("sad", "train"), ("filters",)])
def test_flags_have_no_type(shown, arguments):
    assert "bool" not in shown(*arguments).lower()


def test_choices_are_listed(shown):
    assert "train|development|test" in shown("sad", "train")
    assert "detection_fscore or" in shown("sad", "validate")
    text = shown("filters")
    assert "gradient|ablation" in text
    assert "png|svg" in text


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
