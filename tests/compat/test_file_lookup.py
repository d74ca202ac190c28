"""pyannote.database still looks in the current folder first; this package does not."""

import subprocess
import sys

import pytest

from pyannote_strf.compat.file_lookup import resolve_path, upstream_resolve_path

DATABASE_YML = """
Protocols:
  Planted:
    Collection:
      Files: {uri: names.lst}
"""

SCRIPT = """
from pyannote.database import registry
registry.load_database("corpus/database.yml")
(file,) = registry.get_protocol("Planted.Collection.Files").files()
print(file["uri"])
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Change to a folder with a list of the same name as the one beside database.yml."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "database.yml").write_text(DATABASE_YML)
    (tmp_path / "corpus" / "names.lst").write_text("beside\n")
    (tmp_path / "names.lst").write_text("here\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(script: str) -> str:
    """Return the output of a script in a new process."""
    command = [sys.executable, "-c", script]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_upstream_still_looks_in_the_current_folder_first(here):
    assert upstream_resolve_path.__module__ == "pyannote.database.custom"
    assert run(SCRIPT) == "here"


@pytest.mark.parametrize(
    "before",
    [
        "import pyannote_strf.protocols",
        "import pyannote_strf.protocols; pyannote_strf.protocols.load()",
        "from pyannote_strf.database.protocols import load_registry; load_registry(None)",
    ],
)
def test_scripts_and_commands_look_beside_database_yml_first(here, before):
    assert run(f"{before}\n{SCRIPT}") == "beside"


def test_current_folder_is_searched_second(here):
    (here / "corpus" / "names.lst").unlink()
    assert run(f"import pyannote_strf.protocols\n{SCRIPT}") == "here"


def test_missing_files_are_refused(here):
    with pytest.raises(FileNotFoundError, match=r"other\.lst"):
        resolve_path(here / "other.lst", here / "corpus" / "database.yml")
