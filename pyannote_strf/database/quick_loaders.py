"""RTTM, UEM and trial files of many recordings, read in seconds, as they stand.

pyannote.database 6.1 builds the annotation of every recording as soon as it opens a file, through
pandas, row by row, and opens it again for each iteration over a subset: a minute for 100,000
recordings, several times over before training starts. These loaders read the same files once, as
long as they do not change, and build the annotation of a recording when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pyannote.core import Annotation, Segment, Timeline
from pyannote.database import custom

from pyannote_strf.database.lines import check_trial
from pyannote_strf.database.lookup import resolve_path


class QuickRTTMLoader:
    """Upstream's loader of `.rttm` files, quicker."""

    def __init__(self, path: Path):
        self.rows = _read(path, read_rttm)

    def __call__(self, file: Mapping) -> Annotation:
        annotation = Annotation(uri=file["uri"])
        for number, (start, duration, speaker) in self.rows.get(file["uri"], ()):
            annotation[Segment(start, start + duration), number] = speaker
        return annotation


class QuickUEMLoader:
    """Upstream's loader of `.uem` files, quicker."""

    def __init__(self, path: Path):
        self.rows = _read(path, read_uem)

    def __call__(self, file: Mapping) -> Timeline:
        segments = [Segment(*edges) for _, edges in self.rows.get(file["uri"], ())]
        return Timeline(segments, uri=file["uri"])


class _Entry(NamedTuple):
    """What pyannote.database expects of an entry point."""

    loader: type

    def load(self) -> type:
        return self.loader


def load_trials(path: Path) -> Iterator[dict]:
    """Trials of a file. Upstream's takes the recording "001" for the number 1.

    Yields
    ------
    reference : int
        1 for the same speaker, 0 for two.
    uri1, uri2 : str
    """
    with Path(path).open(encoding="utf-8-sig") as lines:
        for number, fields in enumerate(map(str.split, lines), start=1):
            if not fields:
                continue
            try:
                check_trial(fields)
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {error}") from None
            reference, uri1, uri2 = fields
            yield {"reference": int(reference), "uri1": uri1, "uri2": uri2}


def install() -> None:
    """Have pyannote.database use these loaders, and our lookup of files."""
    custom.resolve_path = resolve_path
    custom.load_trial = load_trials
    custom.LOADERS[".rttm"] = _Entry(QuickRTTMLoader)
    custom.LOADERS[".uem"] = _Entry(QuickUEMLoader)


def read_rttm(fields: list[str]) -> tuple[str, tuple] | None:
    """Recording, and start, duration and speaker, of a line that tells them.

    >>> read_rttm("SPEAKER meeting 1 3.0 1.5 <NA> <NA> Alice <NA> <NA>".split())
    ('meeting', (3.0, 1.5, 'Alice'))
    """
    if fields[0] != "SPEAKER":
        return None
    return fields[1], (float(fields[3]), float(fields[4]), fields[7])


def read_uem(fields: list[str]) -> tuple[str, tuple] | None:
    """Recording, and start and end.

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
