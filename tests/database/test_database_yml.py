"""A malformed `database.yml` raises an error before pyannote.database reads it."""

import re
import subprocess
import sys
import time

import pytest

from pyannote_strf.database.database_yml import read_database_yml

SOUND = """
Databases: {T: "{uri}.wav"}
Protocols:
  T:
    SpeakerDiarization:
      P: {scope: file, classes: [speech], train: {uri: a.lst, annotation: "{uri}.rttm", channel: 1}}
    Collection:
      C: {uri: a.lst}
  X:
    SpeakerDiarization:
      Both: {train: {T.SpeakerDiarization.P: [train]}}
"""
MISTAKES = {
    "scope": ("scope: file", "scope: planet", r"P\.scope: input should be 'file', .* got 'planet'"),
    "classes": ("[speech]", "speech", r"P\.classes: .* list, got 'speech'"),
    "class": ("[speech]", "[1]", r"P\.classes\.0: .* string, got 1"),
    "number": ("{uri: a.lst}", "{uri: 3}", r"Protocols\.T\.Collection\.C\.uri: .* got 3"),
    "list": ('"{uri}.rttm"', "[a, b]", r"P\.train\.annotation: .* string, got"),
    "extra": ("channel: 1", "channel: [1]", r"P\.train\.channel: expected a path or a number"),
    "no subset": ("{uri: a.lst}", "", r"Collection\.C: expected a mapping, got None"),
    "parts": ("[train]", "train", r"Protocols\.X\..* list, got 'train'"),
    "source": ('"{uri}.wav"', "{a: b}", r"Databases\.T: expected a path or a list of paths"),
    "no source": ('"{uri}.wav"', "[]", r"Databases\.T: expected a path or a list of paths"),
    "section": ("Protocols:", "Protocols: 3\nOthers:", r"Protocols: expected a mapping, got 3"),
    "twice": ("channel: 1", "uri: b.lst", r"line 6: .*'uri' is given twice"),
    "bomb": (
        "Databases:",
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
            for old, new in zip("abcdefgh", "bcdefghi")
        )
        + "Databases:",
        "aliases",
    ),
    "digits": ("channel: 1", f"channel: {'9' * 9999}", "too many digits"),
    "hexadecimal": ("channel: 1", f"channel: 0x{'f' * 9999}", "too large a number"),
    "tag": ("channel: 1", "channel: !!bool x", "a value does not match its tag"),
    "no YAML": ("Databases: {", "Databases: {{", "line 3"),
}
PLACEHOLDERS = [
    "{uri[0]}",
    "{{uri}}",
    "{uri.x}",
    "{annotation.foo}",
    "{uri!r}",
    "{uri:>9}",
    "{",
    "{}",
]


def test_valid_definition_is_read(tmp_path):
    (tmp_path / "database.yml").write_text(SOUND)
    assert set(read_database_yml(tmp_path / "database.yml")) == {"Databases", "Protocols"}


def error_message(path, text: str) -> str:
    """Return the message of the error, which must come within a second."""
    path.write_text(text, encoding="latin-1")
    start = time.perf_counter()
    with pytest.raises(ValueError, match=re.escape(str(path))) as refusal:
        read_database_yml(path)
    assert time.perf_counter() - start < 1
    message = str(refusal.value)
    assert "\n" not in message
    assert len(message) < 500
    return message


@pytest.mark.parametrize("mistake", MISTAKES)
def test_error_names_the_invalid_entry(tmp_path, mistake):
    old, new, message = MISTAKES[mistake]
    assert old in SOUND
    assert re.search(message, error_message(tmp_path / "database.yml", SOUND.replace(old, new)))


@pytest.mark.parametrize("name", PLACEHOLDERS)
@pytest.mark.parametrize(
    ("old", "valid"), [("{uri}.wav", "{database}$"), ("{uri}.rttm", "{subset}$")]
)
def test_unknown_placeholder_raises_an_error(tmp_path, name, old, valid):
    text = SOUND.replace(old, old.replace("{uri}", name))
    message = error_message(tmp_path / "database.yml", text)
    assert re.search(f"valid options: {{uri}}, .*{valid}", message)


def test_error_names_a_file_that_is_not_utf_8(tmp_path):
    assert "UTF-8" in error_message(tmp_path / "database.yml", SOUND.replace("a.lst", "\xe9.lst"))


def test_required_files_are_checked(tmp_path):
    (tmp_path / "database.yml").write_text("Requirements: other.yml")
    (tmp_path / "other.yml").write_text(SOUND.replace("scope: file", "scope: planet"))
    with pytest.raises(ValueError, match=r"other\.yml: .*planet"):
        read_database_yml(tmp_path / "database.yml")


def test_default_files_are_checked_before_pyannote_database_reads_them(tmp_path):
    (tmp_path / "database.yml").write_text(SOUND.replace("scope: file", "scope: planet"))
    run = subprocess.run(
        [sys.executable, "-c", "import pyannote_strf.database"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "database.yml: Protocols.T.SpeakerDiarization.P.scope" in run.stderr.splitlines()[-1]
