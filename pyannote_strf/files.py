"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import yaml


@contextmanager
def replaces(path: Path) -> Iterator[Path]:
    """Give a temporary path, which becomes `path` unless something fails.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "file.txt"
    >>> with replaces(path) as temporary:
    ...     _ = temporary.write_text("complete")
    >>> path.read_text()
    'complete'
    """
    temporary = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with replaces(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_yaml(path: Path, content: dict) -> None:
    """Write a YAML file whole or not at all, keys in the order given."""
    write_text(path, yaml.safe_dump(content, sort_keys=False))


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
