"""Files of labels (".tags") and groups (".groups") of clips, in CSV."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from pyannote_strf.compat.lists import check_name
from pyannote_strf.compat.text_files import csv_rows
from pyannote_strf.tags import Tags, check_label

# values in columns of labels; an empty field stands for an unknown label
VALUES = {"1": True, "0": False, "": None}

SUFFIXES = (".tags", ".groups")


class Row(NamedTuple):
    """Row of a file.

    Attributes
    ----------
    line : int
        Number of its line, from 1.
    value : str or tuple
        Label or group of the clip, or whether it has each label: True, False or None.
    """

    line: int
    value: Any


class Rows(NamedTuple):
    """Content of a file.

    Attributes
    ----------
    labels : tuple of str
        Labels that have a column. Empty if each clip has a single label or group.
    by_clip : dict of str to Row
    """

    labels: tuple[str, ...]
    by_clip: dict[str, Row]


def read_clips(path: Path) -> Rows:
    """Read a file of labels or groups. The result is cached until the file changes.

    Parameters
    ----------
    path : Path
        File with suffix ".tags" or ".groups".

    Raises
    ------
    ValueError
        If the file is malformed. The message names the file and the line.
    """
    try:
        stat = Path(path).stat()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from None
    return _read_once(Path(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=16)
def _read_once(path: Path, mtime: int, size: int) -> Rows:
    lines = csv_rows(path)
    number, header = next(lines, (1, []))
    try:
        labels = _labels(header, path.suffix)
    except ValueError as error:
        raise ValueError(f"{path}, line {number}: {error}") from None
    by_clip: dict[str, Row] = {}
    for number, fields in lines:
        try:
            if len(fields) != len(header):
                raise ValueError(f"expected {len(header)} fields, got {len(fields)}")
            name, *others = fields
            if not name:
                raise ValueError("the name of the clip is empty")
            check_name(name)
            if name in by_clip:
                raise ValueError(f"{name!r} is in line {by_clip[name].line} too; keep one")
            by_clip[name] = Row(number, _value(others, labels, path.suffix))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    return Rows(labels, by_clip)


def _labels(header: list[str], suffix: str) -> tuple[str, ...]:
    """Return the labels in the header of a file."""
    expected = {
        ".tags": "uri,label for a single label per clip, or uri and the name of each label",
        ".groups": "uri,group",
    }[suffix]
    if len(header) < 2 or header[0] != "uri" or (suffix == ".groups" and header[1:] != ["group"]):
        raise ValueError(f"the header is {reprlib.repr(','.join(header))}, expected {expected}")
    if suffix == ".groups" or header[1:] == ["label"]:
        return ()
    for label in header[1:]:
        check_label(label)
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise ValueError(f"column {twice!r} appears twice")
    return tuple(header[1:])


def _value(fields: list[str], labels: tuple[str, ...], suffix: str) -> str | tuple:
    if not labels:
        (value,) = fields
        if suffix == ".tags":
            check_label(value)
        elif not value:
            raise ValueError("the group is empty")
        return value
    for label, field in zip(labels, fields):
        if field not in VALUES:
            raise ValueError(
                f"{label!r} is {reprlib.repr(field)}, expected 1, 0, or nothing if it is unknown"
            )
    return tuple(VALUES[field] for field in fields)


class TagsLoader:
    """Load labels of clips (".tags").

    The file is CSV in UTF-8. With the header `uri,label`, each row holds the name of a clip and its
    only label. With any other header, the columns after `uri` are labels, with 1 if the clip has
    the label, 0 if not, and nothing if this is unknown.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ValueError
        If the file is malformed. The message names the file and the line.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "birds.tags"
    >>> _ = path.write_text("uri,wren,robin\\nmorning,1,0\\nevening,,1\\n")
    >>> TagsLoader(path)({"uri": "evening"})
    {'robin': True}
    """

    def __init__(self, path: Path) -> None:
        self.rows = read_clips(path)

    def __call__(self, file: Mapping[str, Any]) -> Tags | None:
        """Return the tags of a clip, see :mod:`pyannote_strf.tags`. None if it is not listed."""
        row = self.rows.by_clip.get(file["uri"])
        if row is None or not self.rows.labels:
            return None if row is None else row.value
        values = zip(self.rows.labels, row.value)
        return {label: value for label, value in values if value is not None}


class GroupsLoader:
    """Load groups of clips (".groups"), such as their speakers or sources.

    The file is CSV in UTF-8 with the header `uri,group`. Clips of one group belong in one subset.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ValueError
        If the file is malformed. The message names the file and the line.
    """

    def __init__(self, path: Path) -> None:
        self.rows = read_clips(path)

    def __call__(self, file: Mapping[str, Any]) -> str | None:
        """Return the group of a clip, or None if it is not listed."""
        row = self.rows.by_clip.get(file["uri"])
        return None if row is None else row.value
