"""Files that a `database.yml` names are found beside it first.

pyannote.database 6.1 looks in the current folder first, and so takes lists of another corpus that
happen to be there (`resolve_path` in
https://github.com/pyannote/pyannote-database/blob/e8eee84b8b/pyannote/database/custom.py).

Importing this module makes pyannote.database look beside `database.yml` first, then in the current
folder.
"""

from __future__ import annotations

from pathlib import Path

from pyannote.database import custom

upstream_resolve_path = custom.resolve_path


def resolve_path(path: Path, database_yml: Path) -> Path:
    """Find a file beside the `database.yml` that names it, or else in the current folder.

    Parameters
    ----------
    path : Path
        Absolute or relative.
    database_yml : Path

    Raises
    ------
    FileNotFoundError
        If it is in neither.
    """
    beside = database_yml.parent / path.expanduser()
    return beside if beside.is_file() else upstream_resolve_path(path, database_yml)


custom.resolve_path = resolve_path
