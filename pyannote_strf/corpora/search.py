"""Search of downloaded corpora in folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pyannote_strf.files import iter_files

# suffixes of recordings, the preferred one first
SUFFIXES = (".wav", ".flac", ".m4a")


class Corpus(NamedTuple):
    """A corpus found in a folder.

    Attributes
    ----------
    folder : Path
        Folder of the corpus.
    databases : dict of str to list of str
        Entries of section `Databases` of `database.yml`.
    lists : dict of str to list of str
        Lines of the lists to write, by the path that `protocols` refers to.
    protocols : dict
        Entries of section `Protocols`, for corpora whose lists depend on the recordings found.
    recipes : tuple of str
        Recipes of this package that `protocols` refers to, to be copied.
    notes : tuple of str
        What is missing, or was left out.
    """

    folder: Path
    databases: dict[str, list[str]]
    lists: dict[str, list[str]] = {}
    protocols: dict[str, Any] = {}
    recipes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def corpus_root(folder: Path) -> Path:
    """Return the absolute path of a folder of a corpus.

    Raises
    ------
    ValueError
        If the folder does not exist, or its path holds characters that are special in
        `database.yml`.
    """
    root = folder.expanduser().resolve()
    if not root.is_dir():
        raise ValueError(f"folder {folder} does not exist")
    if set("{}*") & set(str(root)):
        raise ValueError(
            f"{root}: braces and stars have a meaning in database.yml; rename the folder"
        )
    return root


def add_recording(found: dict[str, Path], name: str, path: Path) -> None:
    """Add a recording to those found.

    If a folder holds a recording in several formats, as VoxCeleb may, the first in `SUFFIXES` is
    kept.

    Parameters
    ----------
    found : dict of str to Path
        Recordings by name. Updated.
    name : str
    path : Path

    Raises
    ------
    ValueError
        If the recording was found in another folder.
    """
    other = found.setdefault(name, path)
    if other == path:
        return
    if other.parent != path.parent:
        raise ValueError(f"found {name} twice: {other} and {path}; give the folder of one of them")
    found[name] = min(other, path, key=_preference)


def _preference(path: Path) -> int:
    return SUFFIXES.index(path.suffix) if path.suffix in SUFFIXES else len(SUFFIXES)


def find_recordings(
    folder: Path, wanted: Collection[str], name_of: Callable[[Path], str] = lambda path: path.stem
) -> dict[str, Path]:
    """Find the WAV files of recordings whose names are known.

    Parameters
    ----------
    folder : Path
    wanted : collection of str
        Names of recordings.
    name_of : callable, optional
        Returns the name of the recording in a file. By default, it is that of the file without
        suffix.

    Returns
    -------
    found : dict of str to Path
        Recordings by name.

    Raises
    ------
    ValueError
        If a recording is in two folders.
    """
    found: dict[str, Path] = {}
    for path in iter_files(folder):
        if path.suffix == ".wav" and (name := name_of(path)) in wanted:
            add_recording(found, name, path)
    return found


def find_file(folder: Path, name: str, database: str, expected: str) -> Path:
    """Find a file by its name.

    Parameters
    ----------
    folder : Path
        Folder that holds it, at any depth.
    name : str
    database, expected : str
        Name of the corpus, and usual path of the file, for error messages.

    Raises
    ------
    ValueError
        If there is no such file, or several.
    """
    path = at_most_one({path for path in iter_files(folder) if path.name == name}, name)
    if path is None:
        raise not_found(folder, f"{name} of {database}", expected)
    return path


def at_most_one(found: set[Path], what: str) -> Path | None:
    """Return the only path found, or None.

    Parameters
    ----------
    found : set of Path
    what : str
        Name of what was looked for, for error messages.

    Raises
    ------
    ValueError
        If several paths were found.
    """
    if len(found) > 1:
        places = " and ".join(map(str, sorted(found)))
        raise ValueError(f"found {what} {len(found)} times: {places}; keep one")
    return next(iter(found), None)


def templates(recordings: Mapping[str, Path], root: Path) -> list[str]:
    """Return the distinct paths of recordings, with names replaced by a placeholder."""
    return sorted({template(path, root, name) for name, path in recordings.items()})


def template(path: Path, root: Path, name: str) -> str:
    """Replace the name of a recording with a placeholder throughout its path below `root`.

    Parts of other names are left as they are.

    >>> template(Path("/ami/ES2002a/audio/ES2002a.Mix-Headset.wav"), Path("/ami"), "ES2002a")
    '/ami/{uri}/audio/{uri}.Mix-Headset.wav'
    >>> template(Path("/fsd/FSD50K.dev_audio/50.wav"), Path("/fsd"), "50")
    '/fsd/FSD50K.dev_audio/{uri}.wav'
    """
    whole = rf"(?<![^/]){re.escape(name)}(?![^/._])"
    return f"{root}/" + re.sub(whole, "{uri}", path.relative_to(root).as_posix())


def not_found(folder: Path, what: str, expected: str) -> ValueError:
    """Return the error to raise if a part of a corpus is not in a folder."""
    return ValueError(f"{folder}: {what} not found (expected {expected})")
