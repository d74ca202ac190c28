"""Where the files are that a `database.yml` names."""

from __future__ import annotations

from pathlib import Path

from pyannote.database import custom

_upstream = custom.resolve_path


def resolve_path(path: Path, database_yml: Path) -> Path:
    """Find a file beside the `database.yml` that names it, or else in the current folder.

    pyannote.database 6.1 looks in the current folder first, and so takes lists of another corpus that
    happen to be there.

    Raises
    ------
    FileNotFoundError
        If it is in neither.
    """
    beside = database_yml.parent / path.expanduser()
    return beside if beside.is_file() else _upstream(path, database_yml)
