"""Fast loaders of RTTM and UEM files that check each line.

pyannote.database 6.1 builds the annotation of all recordings, row by row through pandas, at each
iteration over a subset. This takes a minute for 100,000 recordings, several times before training
starts (https://github.com/pyannote/pyannote-database/issues/94). It accepts negative and infinite
times.

Importing this module makes pyannote.database use loaders that read a file once until it changes,
build the annotation of a recording on request, and refuse malformed lines.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from pyannote.core import Annotation, Segment, Timeline
from pyannote.database import custom

from pyannote_strf.compat.text_files import numbered_lines

# rows of each recording, in order, with the numbers of their lines from 0
Rows: TypeAlias = dict[str, list[tuple[int, tuple]]]


class QuickRTTMLoader:
    """Loader of `.rttm` files.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ValueError
        If the file cannot be read or a line is malformed. The message names the file and the line.
    """

    def __init__(self, path: Path) -> None:
        self.rows = _read(path, read_rttm)

    def __call__(self, file: Mapping[str, Any]) -> Annotation:
        """Return the annotation of a recording, which is empty if the file does not list it."""
        annotation = Annotation(uri=file["uri"])
        for number, (start, duration, speaker) in self.rows.get(file["uri"], ()):
            annotation[Segment(start, start + duration), number] = speaker
        return annotation


class QuickUEMLoader:
    """Loader of `.uem` files.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ValueError
        If the file cannot be read or a line is malformed. The message names the file and the line.
    """

    def __init__(self, path: Path) -> None:
        self.rows = _read(path, read_uem)

    def __call__(self, file: Mapping[str, Any]) -> Timeline:
        """Return the annotated regions of a recording."""
        segments = [Segment(*edges) for _, edges in self.rows.get(file["uri"], ())]
        return Timeline(segments, uri=file["uri"])


def read_rttm(fields: list[str]) -> tuple[str, tuple[float, float, str]] | None:
    """Parse the fields of an RTTM line.

    Returns
    -------
    row : (str, (float, float, str)) or None
        Recording, then start and duration, in seconds, and speaker. None for other types of lines
        than SPEAKER.

    Raises
    ------
    ValueError
        If the line is malformed.

    Examples
    --------
    >>> read_rttm("SPEAKER meeting 1 3.0 1.5 <NA> <NA> Alice <NA> <NA>".split())
    ('meeting', (3.0, 1.5, 'Alice'))
    >>> read_rttm("SPEAKER meeting 1 3.0 -1.0 <NA> <NA> Alice <NA> <NA>".split())
    Traceback (most recent call last):
    ...
    ValueError: duration is '-1.0', expected seconds
    """
    if fields[0] != "SPEAKER" and (fields[0].startswith(";;") or fields[0].isupper()):
        return None
    if len(fields) < 9 or fields[0] != "SPEAKER":
        raise ValueError(
            "expected SPEAKER uri channel start duration <NA> <NA> speaker <NA> [<NA>], "
            f"got {len(fields)} fields"
        )
    return fields[1], (seconds("start", fields[3]), seconds("duration", fields[4]), fields[7])


def read_uem(fields: list[str]) -> tuple[str, tuple[float, float]] | None:
    """Parse the fields of a UEM line.

    Returns
    -------
    row : (str, (float, float)) or None
        Recording, then start and end, in seconds. None for comments.

    Raises
    ------
    ValueError
        If the line is malformed.

    Examples
    --------
    >>> read_uem("meeting 1 0.0 60.0".split())
    ('meeting', (0.0, 60.0))
    >>> read_uem("meeting 1 10.0 5.0".split())
    Traceback (most recent call last):
    ...
    ValueError: ends at 5.0 s, before it starts, at 10.0 s
    """
    if fields[0].startswith(";;"):
        return None
    if len(fields) != 4:
        raise ValueError(f"expected uri channel start end, got {len(fields)} fields")
    start, end = seconds("start", fields[2]), seconds("end", fields[3])
    if end < start:
        raise ValueError(f"ends at {end} s, before it starts, at {start} s")
    return fields[0], (start, end)


# no recording is longer, in seconds; larger numbers have no fractions of a second
MAX_TIME = 1e9


def seconds(name: str, text: str) -> float:
    """Parse a time in seconds, which must not be negative, nor above 1e9.

    >>> seconds("start", "1.5")
    1.5
    """
    try:
        value = float(text)
    except ValueError:
        value = inf
    if 0 <= value <= MAX_TIME:
        return value
    raise ValueError(f"{name} is {reprlib.repr(text)}, expected seconds")


def _read(path: Path, read: Callable[[list[str]], tuple[str, tuple] | None]) -> Rows:
    stat = Path(path).stat()
    return _read_once(Path(path), read, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=16)
def _read_once(path: Path, read: Callable, mtime: int, size: int) -> Rows:
    rows: Rows = {}
    for number, line in numbered_lines(path):
        fields = line.split()
        if not fields:
            continue
        try:
            row = read(fields)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
        if row is not None:
            rows.setdefault(row[0], []).append((number - 1, row[1]))
    return rows


class _Entry(NamedTuple):
    """Stand-in for the entry point of a loader."""

    loader: type

    def load(self) -> type:
        """Return the loader."""
        return self.loader


custom.LOADERS[".rttm"] = _Entry(QuickRTTMLoader)  # type: ignore[assignment]
custom.LOADERS[".uem"] = _Entry(QuickUEMLoader)  # type: ignore[assignment]
