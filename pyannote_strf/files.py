"""Atomic writing of files: either complete or not at all."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import yaml

# suffix of files that are being written
PARTIAL = ".partial"

# age of temporary files that no process is writing, in seconds
ABANDONED = 3600.0


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write a file atomically.

    Parameters
    ----------
    path : Path
        File to write or replace. Its folder is created.

    Yields
    ------
    temporary : Path
        File to write instead. It replaces `path` unless an error is raised.

    Raises
    ------
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "file.txt"
    >>> with atomic_write(path) as temporary:
    ...     _ = temporary.write_text("complete")
    >>> path.read_text()
    'complete'
    """
    # an unpredictable name, which cannot have been linked to another file
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
    """Remove temporary files that killed processes left behind.

    Parameters
    ----------
    folder : Path
        Folder, which may not exist.
    name : str, optional
        Pattern of the names of the files to be written. Defaults to any name.
    """
    for partial in folder.glob(f".{name}.{'[0-9a-f]' * 16}{PARTIAL}"):
        partial.unlink(missing_ok=True)


def remove_partial_of(paths: Iterable[Path]) -> None:
    """Remove temporary files that killed processes left behind while writing some files.

    Temporary files of other files, and those younger than an hour, are kept: another process may be
    writing them.

    Parameters
    ----------
    paths : iterable of Path
        Files to be written.
    """
    names: dict[Path, set[str]] = {}
    for path in paths:
        names.setdefault(path.parent, set()).add(path.name)
    for folder, known in names.items():
        for partial in folder.glob(f".*{PARTIAL}"):
            if partial.name[1:].removesuffix(PARTIAL).rpartition(".")[0] not in known:
                continue
            with suppress(FileNotFoundError):
                if time.time() - partial.stat().st_mtime > ABANDONED:
                    partial.unlink()


def iter_files(root: Path) -> Iterator[Path]:
    """Iterate over all files of a folder in sorted order.

    Links are followed. Hidden files and folders are skipped.
    """
    visited = set()
    for parent, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(parent)
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(names) if not name.startswith("."))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    write_bytes(path, text.encode("utf-8"))


def write_yaml(path: Path, content: dict[str, Any]) -> None:
    """Write a YAML file atomically, with keys in the given order."""
    write_text(path, yaml.safe_dump(content, sort_keys=False))


def check_inside(name: str) -> None:
    """Check that a name is a path inside the folder that it is relative to, on any system.

    Parameters
    ----------
    name : str

    Raises
    ------
    ValueError
        If the name is an absolute path or contains `..`.

    Examples
    --------
    >>> check_inside("id10270/5r0dWxy17C8/00001")
    >>> check_inside("../../elsewhere")
    Traceback (most recent call last):
    ...
    ValueError: '../../elsewhere' leads out of the folder of its files; rename it
    """
    for path in (PurePosixPath(name), PureWindowsPath(name)):
        if path.anchor or ".." in path.parts:
            raise ValueError(f"{name!r} leads out of the folder of its files; rename it")


def check_writable(directory: Path) -> None:
    """Check that a directory can be created and written to, before a long computation.

    Parameters
    ----------
    directory : Path
        Directory, which may not exist yet.

    Raises
    ------
    ValueError
        If the directory cannot be created or written to.
    """
    existing = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise ValueError(
            f"{existing}: a file where a directory is needed; move it, or choose another directory"
        )
    if not os.access(existing, os.W_OK):
        raise ValueError(
            f"{existing}: not writable; change its permissions, or choose another directory"
        )
