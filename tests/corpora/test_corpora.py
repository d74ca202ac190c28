import subprocess
import sys

import yaml
from pyannote_strf.protocols import DEFINITIONS

from pyannote_strf.corpora import corpora

# corpora whose protocols depend on the folder
DEPENDING = (
    *("esc10", "esc50", "folders", "fsd50k", "nonverbal", "sonyc", "urbansound8k", "zebra_finch"),
)


def run(script: str, *arguments) -> str:
    """Return the output of a script run in its own process."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_every_corpus_has_protocols_and_a_title():
    defined = [path.stem for path in DEFINITIONS]
    assert list(corpora()) == sorted([*defined, *DEPENDING])
    assert all(len(title) > 20 for title in corpora().values())


CORPUS = '''"""Tiny: one recording.

Details.
"""

from pyannote_strf.corpora.search import Corpus


def find(folder):
    return Corpus(folder, {"Tiny": [f"{folder}/{{uri}}.wav"]})
'''

WITH_ANOTHER_FOLDER = """
import sys
import pyannote_strf.corpora
pyannote_strf.corpora.__path__.append(sys.argv.pop(1))
from pyannote_strf.cli.main import main
main()
"""


def test_new_corpus_module_adds_an_option(tmp_path):
    (tmp_path / "tiny.py").write_text(CORPUS)
    init = (WITH_ANOTHER_FOLDER, tmp_path, "protocols", "init")
    (line,) = [line for line in run(*init, "--help").splitlines() if "--tiny" in line]
    assert "Tiny: one recording." in line
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    assert run(*init, f"--tiny={corpus}", tmp_path / "db.yml").startswith("Tiny: ")
    content = yaml.safe_load((tmp_path / "db.yml").read_text())
    assert content["Databases"] == {"Tiny": [f"{corpus}/{{uri}}.wav"]}


def test_corpora_are_listed_without_importing_them():
    script = "import sys, pyannote_strf.cli.main; print(*sys.modules)"
    loaded = set(run(script).split())
    assert "pyannote_strf.corpora" in loaded
    assert not {"torch", "pyannote.audio", "pyannote.core", "pyannote_strf.corpora.ami"} & loaded
