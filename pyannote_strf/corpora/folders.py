"""What is in folders of corpora, as their download pages and scripts leave them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

# of recordings, the preferred one first
SUFFIXES = (".wav", ".flac", ".m4a")


class Corpus(NamedTuple):
    """What was found of a corpus.

    Attributes
    ----------
    folder : Path
        Where it is.
    databases : dict
        Entries of section `Databases`.
    lists : dict of str to list of str
        Lines of files to write, by the path that `protocols` refers to.
    protocols : dict
        Entries of section `Protocols`, for corpora whose lists are made here.
    recipes : tuple of str
        Files of this package that `protocols` refers to, to be copied.
    """

    folder: Path
    databases: dict[str, list[str]]
    lists: dict[str, list[str]] = {}
    protocols: dict = {}
    recipes: tuple[str, ...] = ()


def corpus_root(folder: Path) -> Path:
    """Return the absolute path of a folder of a corpus.

    Raises
    ------
    ValueError
        If there is no such folder, or its path holds what means something in `database.yml`.
    """
    root = folder.expanduser().resolve()
    if not root.is_dir():
        raise ValueError(f"no folder {folder}")
    if set("{}*") & set(str(root)):
        raise ValueError(f"{root}: braces and stars mean something in database.yml; rename it")
    return root


def iter_files(root: Path) -> Iterator[Path]:
    """List all files of a folder, in order, through links too, but for hidden ones."""
    visited = set()
    for parent, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(parent)
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(names) if not name.startswith("."))


def add_recording(found: dict[str, Path], name: str, path: Path) -> None:
    """Add a recording to those found, which must be there once.

    Of conversions in one folder, as VoxCeleb's, the earlier in `SUFFIXES` is taken.
    """
    other = found.setdefault(name, path)
    if other == path:
        return
    if other.parent != path.parent:
        raise ValueError(
            f"{name} is there twice: {other} and {path}; name the folder of one of them"
        )
    found[name] = min(other, path, key=lambda path: SUFFIXES.index(path.suffix))


def at_most_one(found: set[Path], what: str) -> Path | None:
    """Return the one place of something, or None.

    Raises
    ------
    ValueError
        If there are several.
    """
    if len(found) > 1:
        places = " and ".join(map(str, sorted(found)))
        raise ValueError(f"{what} are there {len(found)} times: {places}; keep one")
    return next(iter(found), None)


def templates(recordings: Mapping[str, Path], root: Path) -> list[str]:
    """Return paths of recordings, names replaced by a placeholder, once each."""
    return sorted({template(path, root, name) for name, path in recordings.items()})


def template(path: Path, root: Path, name: str) -> str:
    """Replace the name of a recording by a placeholder wherever it occurs in its path below `root`.

    >>> template(Path("/ami/ES2002a/audio/ES2002a.Mix-Headset.wav"), Path("/ami"), "ES2002a")
    '/ami/{uri}/audio/{uri}.Mix-Headset.wav'
    """
    return f"{root}/" + str(path.relative_to(root)).replace(name, "{uri}")


def not_found(folder: Path, what: str, expected: str) -> ValueError:
    """Return the error that nothing of a corpus is in a folder."""
    return ValueError(f"{folder}: found nothing of {what} (looked for {expected})")
