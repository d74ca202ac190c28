"""Writing a `database.yml` for corpora that were found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from pyannote_strf.corpora.folders import Corpus
from pyannote_strf.files import write_text
from pyannote_strf.protocols import FOLDER

HEADER = """\
# Written by `pyannote-strf protocols init`. Give it to any command as `--registry`, or to
# everything that uses pyannote.database: export PYANNOTE_DATABASE_CONFIG=/path/to/this/file
# Protocols that are not below come with pyannote-strf: in a script of your own, call
# `pyannote_strf.protocols.load()` first.
"""


def write_database_yml(corpora: list[Corpus], out: Path) -> None:
    """Write a `database.yml`, and lists beside it. The lists come first: it is whole, or not there.

    Its paths are absolute, since pyannote.database looks in the working directory first.

    Raises
    ------
    ValueError
        If one of the files exists already.
    """
    texts = {}
    for corpus in corpora:
        for name, lines in corpus.lists.items():
            texts[out.parent / name] = "".join(f"{line}\n" for line in lines)
        for name in corpus.recipes:
            texts[out.parent / name] = (FOLDER / name).read_text(encoding="utf-8")
    for path in (out, *texts):
        if path.exists():
            raise ValueError(f"{path} exists already; choose another place")
    for path, text in texts.items():
        write_text(path, text)
    written = {str(path.relative_to(out.parent)): str(path.resolve()) for path in texts}
    content = {
        "Databases": {
            name: paths for corpus in corpora for name, paths in corpus.databases.items()
        },
        "Protocols": {
            name: _replace(entries, written)
            for corpus in corpora
            for name, entries in corpus.protocols.items()
        },
    }
    write_text(out, HEADER + yaml.safe_dump(content, sort_keys=False))


def _replace(entries: dict | str, by: Mapping[str, str]) -> dict | str:
    """Replace values of nested dictionaries."""
    if isinstance(entries, dict):
        return {key: _replace(value, by) for key, value in entries.items()}
    return by.get(entries, entries)
