"""Reading of UTF-8 text files, with errors that name the file and the line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path


def read_text(path: Path) -> str:
    """Read a text file in UTF-8, with or without a byte order mark.

    Raises
    ------
    ValueError
        If the file is not UTF-8, holds a null byte or cannot be read. The message names the file.
    """
    try:
        content = Path(path).read_bytes()
        if b"\0" in content:
            line = content.count(b"\n", 0, content.index(b"\0")) + 1
            raise ValueError(f"{path}, line {line}: holds a null byte; is it a text file?")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {line}: not UTF-8 ({error.reason}); save the file as UTF-8"
        ) from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from None


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Iterate over the lines of a text file: see :func:`read_text`.

    Yields
    ------
    number : int
        Number of the line, from 1.
    line : str
    """
    yield from enumerate(StringIO(read_text(path), newline=None), start=1)


def csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Iterate over the rows of a CSV file that are not empty: see :func:`read_text`.

    Yields
    ------
    number : int
        Number of the line on which the row ends, from 1.
    fields : list of str
        Fields without blanks around them.

    Raises
    ------
    ValueError
        If the file is not CSV. The message names the file and the line.
    """
    reader = csv.reader(StringIO(read_text(path), newline=""), strict=True)
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                yield reader.line_num, [field.strip() for field in fields]
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: not valid CSV ({error})") from None
