"""Lookup of the files that a `database.yml` names.

pyannote.database 6.1 looks in the current folder first, and may find files of another corpus there
(`resolve_path` in
https://github.com/pyannote/pyannote-database/blob/e8eee84b8b/pyannote/database/custom.py).

Importing this module makes pyannote.database look in the folder of `database.yml` first, then in
the current folder.
"""

from __future__ import annotations

from pathlib import Path

from pyannote.database import custom

upstream_resolve_path = custom.resolve_path


def resolve_path(path: Path, database_yml: Path) -> Path:
    """Find a file in the folder of its `database.yml` or in the current folder.

    Parameters
    ----------
    path : Path
        Absolute or relative path.
    database_yml : Path

    Returns
    -------
    path : Path

    Raises
    ------
    FileNotFoundError
        If it is in neither.
    """
    beside = database_yml.parent / path.expanduser()
    return beside if beside.is_file() else upstream_resolve_path(path, database_yml)


custom.resolve_path = resolve_path
