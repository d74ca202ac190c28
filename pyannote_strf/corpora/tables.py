"""Tables of the metadata of corpora, in CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pyannote_strf.compat.text_files import csv_rows
from pyannote_strf.messages import did_you_mean


def read_table(
    path: Path, columns: Sequence[str], header: Sequence[str] | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Iterate over some columns of a table.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        Names of the columns to read.
    header : sequence of str, optional
        Names of all columns. Defaults to the first row.

    Yields
    ------
    line : int
        Number of the line, from 1.
    fields : list of str
        One field for each of `columns`.

    Raises
    ------
    ValueError
        If the table is malformed or empty, or lacks a column. The message names the file and, in
        general, the line.
    """
    rows = csv_rows(path)
    if header is None:
        first, header = next(rows, (1, []))
        for column in columns:
            if header.count(column) != 1:
                problem = "appears twice" if column in header else "does not exist"
                hint = did_you_mean(column, header)
                raise ValueError(f"{path}, line {first}: column {column!r} {problem}{hint}")
    positions = [header.index(column) for column in columns]
    line = 0
    for line, fields in rows:
        if len(fields) != len(header):
            raise ValueError(
                f"{path}, line {line}: expected {len(header)} fields, got {len(fields)}"
            )
        yield line, [fields[position] for position in positions]
    if not line:
        raise ValueError(f"{path}: has no rows of clips")


def wrong_field(path: Path, line: int, column: str, problem: str) -> ValueError:
    """Return the error to raise if a field is not valid.

    >>> wrong_field(Path("birds.csv"), 3, "class", "'wrn' is not a class")
    ValueError("birds.csv, line 3, column 'class': 'wrn' is not a class")
    """
    return ValueError(f"{path}, line {line}, column {column!r}: {problem}")


def wav_name(path: Path, line: int, column: str, field: str) -> str:
    """Return the name of a recording in a table, without its suffix.

    Raises
    ------
    ValueError
        If it is not the name of a WAV file.

    >>> wav_name(Path("birds.csv"), 3, "file", "wren.wav")
    'wren'
    """
    name = field.removesuffix(".wav")
    if name == field or not name or "/" in name or not name.isprintable():
        raise wrong_field(path, line, column, f"{field!r} is not the name of a WAV file")
    return name
