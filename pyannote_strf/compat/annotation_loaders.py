"""RTTM and UEM files are read once, in seconds.

pyannote.database 6.1 builds the annotation of every recording as soon as it opens a file, through
pandas, row by row, and opens it again for each iteration over a subset: a minute for 100,000
recordings, several times over before training starts
(https://github.com/pyannote/pyannote-database/issues/94).

Importing this module makes pyannote.database use loaders that read a file once, as long as it does
not change, and build the annotation of a recording when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pyannote.core import Annotation, Segment, Timeline
from pyannote.database import custom


class QuickRTTMLoader:
    """Loader of `.rttm` files."""

    def __init__(self, path: Path):
        self.rows = _read(path, read_rttm)

    def __call__(self, file: Mapping) -> Annotation:
        annotation = Annotation(uri=file["uri"])
        for number, (start, duration, speaker) in self.rows.get(file["uri"], ()):
            annotation[Segment(start, start + duration), number] = speaker
        return annotation


class QuickUEMLoader:
    """Loader of `.uem` files."""

    def __init__(self, path: Path):
        self.rows = _read(path, read_uem)

    def __call__(self, file: Mapping) -> Timeline:
        segments = [Segment(*edges) for _, edges in self.rows.get(file["uri"], ())]
        return Timeline(segments, uri=file["uri"])


def read_rttm(fields: list[str]) -> tuple[str, tuple[float, float, str]] | None:
    """Read recording, and start, duration and speaker, from a line that gives them.

    >>> read_rttm("SPEAKER meeting 1 3.0 1.5 <NA> <NA> Alice <NA> <NA>".split())
    ('meeting', (3.0, 1.5, 'Alice'))
    """
    if fields[0] != "SPEAKER":
        return None
    return fields[1], (float(fields[3]), float(fields[4]), fields[7])


def read_uem(fields: list[str]) -> tuple[str, tuple[float, float]] | None:
    """Read recording, and start and end.

    >>> read_uem("meeting 1 0.0 60.0".split())
    ('meeting', (0.0, 60.0))
    """
    if fields[0].startswith(";;"):
        return None
    return fields[0], (float(fields[2]), float(fields[3]))


def _read(path: Path, read: Callable[[list[str]], tuple[str, tuple] | None]) -> Mapping:
    stat = Path(path).stat()
    return _read_once(Path(path), read, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=16)
def _read_once(path: Path, read: Callable, mtime: int, size: int) -> Mapping:
    """Rows of each recording with their numbers in the file, in its order."""
    rows: dict[str, list] = {}
    with path.open(encoding="utf-8-sig") as lines:
        for number, fields in enumerate(filter(None, map(str.split, lines))):
            try:
                row = read(fields)
            except (IndexError, ValueError) as error:
                raise ValueError(f"{path}: cannot be read ({error}): {' '.join(fields)}") from None
            if row is not None:
                rows.setdefault(row[0], []).append((number, row[1]))
    return rows


class _Entry(NamedTuple):
    """What pyannote.database expects of an entry point."""

    loader: type

    def load(self) -> type:
        return self.loader


custom.LOADERS[".rttm"] = _Entry(QuickRTTMLoader)
custom.LOADERS[".uem"] = _Entry(QuickUEMLoader)
