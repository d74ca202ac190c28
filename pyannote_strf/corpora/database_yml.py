"""Writing of a `database.yml` for downloaded corpora."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pyannote_strf.corpora.search import Corpus
from pyannote_strf.files import write_text
from pyannote_strf.protocols import FOLDER

# section of protocols of several databases
RESERVED = "X"

HEADER = """\
# Written by `pyannote-strf protocols init`. Pass it to any command with `--registry`, or set it
# for all programs that use pyannote.database: export PYANNOTE_DATABASE_CONFIG=/path/to/this/file
# Protocols that are not listed below come with pyannote-strf. To use them in a script, call
# `pyannote_strf.protocols.load()` first.
"""


def write_database_yml(corpora: list[Corpus], out: Path) -> list[Path]:
    """Write a `database.yml`, and the lists that it refers to.

    The lists are written first, to folder `{name}-lists` beside `database.yml`, so that an
    interruption leaves no `database.yml` with missing lists. Paths are absolute, because
    pyannote.database searches the working directory first.

    Parameters
    ----------
    corpora : list of Corpus
    out : Path
        `database.yml` to write.

    Returns
    -------
    lists : list of Path

    Raises
    ------
    ValueError
        If one of the files already exists, would be written into a corpus, or has braces in its
        path, or if the name of a database is that of another one, or reserved.
    """
    _check_names(corpora)
    out = out.expanduser().resolve()
    folder = out.with_name(f"{out.stem}-lists")
    texts = {}
    for corpus in corpora:
        for name, lines in corpus.lists.items():
            texts[name] = "".join(f"{line}\n" for line in lines)
        for name in corpus.recipes:
            texts[name] = (FOLDER / name).read_text(encoding="utf-8")
    paths = {name: folder / name for name in texts}
    for path in (out, *paths.values()):
        if set("{}") & set(str(path)):
            raise ValueError(f"{path}: braces have a meaning in database.yml; choose another path")
        for corpus in corpora:
            if path.resolve().is_relative_to(corpus.folder):
                raise ValueError(
                    f"{path} would be inside corpus {corpus.folder}; choose another path"
                )
        if path.exists():
            raise ValueError(f"{path} already exists; choose another path")
    for name, path in paths.items():
        write_text(path, texts[name])
    written = {name: str(path) for name, path in paths.items()}
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
    return [paths[name] for corpus in corpora for name in corpus.lists]


def _check_names(corpora: list[Corpus]) -> None:
    found: dict[str, Corpus] = {}
    for corpus in corpora:
        for name in corpus.databases:
            if name == RESERVED:
                raise ValueError(
                    f"{corpus.folder}: a database cannot have the name {name}; rename the folder"
                )
            # lists of a database are in a folder of its name in lower case
            other = found.setdefault(name.casefold(), corpus)
            if other is not corpus:
                raise ValueError(
                    f"{other.folder} and {corpus.folder} are both databases of the name {name}, "
                    "whatever its case; rename a folder, or write two files"
                )


def _replace(entries: Any, replacements: Mapping[str, str]) -> Any:
    """Replace values of nested dictionaries."""
    if isinstance(entries, dict):
        return {key: _replace(value, replacements) for key, value in entries.items()}
    return replacements.get(entries, entries)
