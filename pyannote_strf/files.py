"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath, PureWindowsPath

import yaml

# last suffix of files that are being written
PARTIAL = ".partial"


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path, which becomes `path` unless something fails.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "file.txt"
    >>> with atomic_write(path) as temporary:
    ...     _ = temporary.write_text("complete")
    >>> path.read_text()
    'complete'
    """
    # a name that nobody foresees, and so can have linked to another file
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(exist_ok=False)
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def remove_partial(folder: Path, name: str = "*") -> None:
    """Remove what killed processes left behind, on the way to files of a folder.

    Parameters
    ----------
    folder : Path
        Need not exist.
    name : str, optional
        Pattern of names of these files. Defaults to any.
    """
    for partial in folder.glob(f".{name}.{'[0-9a-f]' * 16}{PARTIAL}"):
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_yaml(path: Path, content: dict) -> None:
    """Write a YAML file whole or not at all, keys in the order given."""
    write_text(path, yaml.safe_dump(content, sort_keys=False))


def check_inside(name: str) -> None:
    """Refuse names that, taken for a path in a folder, lead out of it, on any operating system.

    Raises
    ------
    ValueError
        If the name is absolute, or holds `..`.

    >>> check_inside("id10270/5r0dWxy17C8/00001")
    >>> check_inside("../../elsewhere")
    Traceback (most recent call last):
    ...
    ValueError: '../../elsewhere' leads out of the folder that files of that name are written to; rename it
    """
    for path in (PurePosixPath(name), PureWindowsPath(name)):
        if path.anchor or ".." in path.parts:
            raise ValueError(
                f"{name!r} leads out of the folder that files of that name are written to; rename it"
            )


def check_writable(directory: Path) -> None:
    """Complain now rather than when everything is there to be written.

    Raises
    ------
    ValueError
        If the directory cannot be made, or written to.
    """
    there = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not there.is_dir():
        raise ValueError(f"{there}: a file where a directory is needed; move it, or name another")
    if not os.access(there, os.W_OK):
        raise ValueError(f"{there}: not writable; allow it, or name another directory")
