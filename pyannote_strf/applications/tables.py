"""Tables that `apply` writes and `compare` reads."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

Row = TypeVar("Row")


def read_table(
    path: Path,
    parse: Callable[[Mapping[str, str]], Row],
    remedy: str,
    delimiter: str = ",",
    first: str | None = None,
) -> list[Row]:
    """Read the rows of a table.

    Parameters
    ----------
    path : Path
    parse : callable
        Turns the cells of a row, by the name of their column, into the result. May raise KeyError,
        TypeError or ValueError if the row is malformed.
    remedy : str
        What to do about a table that is missing or malformed.
    delimiter : str, optional
        Defaults to a comma.
    first : str, optional
        Name to read the first column by. Defaults to that in the table.

    Raises
    ------
    ValueError
        If the table does not exist, has no rows, or a row is malformed.
    """
    if not path.is_file():
        raise ValueError(f"{path}: does not exist; {remedy}")
    rows = []
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream, delimiter=delimiter)
        try:
            if first is not None and reader.fieldnames:
                reader.fieldnames = [first, *reader.fieldnames[1:]]
            rows += [parse(row) for row in reader]
        except (csv.Error, KeyError, TypeError, ValueError):
            line = max(reader.line_num, 1)
            raise ValueError(f"{path}: line {line} is malformed; {remedy}") from None
    if not rows:
        raise ValueError(f"{path}: has no rows; {remedy}")
    return rows


def as_csv(header: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    """Return a table as comma-separated values.

    >>> as_csv(["file", "label"], [["a", "dog"]])
    'file,label\\na,dog\\n'
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return table.getvalue()


def shown(metric: str, value: float) -> str:
    """Return a metric as text, in percent unless it is not a proportion.

    >>> shown("accuracy", 0.8125), shown("d_prime", 2.1)
    ('81.25 %', '2.100')
    """
    return f"{value:.3f}" if metric == "d_prime" else f"{100 * value:.2f} %"


def finite(text: str) -> float:
    """Parse a finite number.

    Raises
    ------
    ValueError
        If the text is not a number, or the number is NaN or infinite.
    """
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
