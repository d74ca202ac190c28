"""Line by line check of RTTM, UEM, list and trial files.

Loaders reject the same lines, but stop at the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pyannote_strf.compat.annotation_loaders import read_rttm, read_uem
from pyannote_strf.compat.lists import check_name
from pyannote_strf.compat.text_files import numbered_lines
from pyannote_strf.compat.trials import check_trial

CHECKS: dict[str, Callable[[list[str]], object]] = {
    ".rttm": read_rttm,
    ".uem": read_uem,
    ".lst": lambda fields: check_name(" ".join(fields)),
}


def check_lines(path: Path, suffix: str | None = None) -> Iterator[str]:
    """Find malformed lines of a file.

    Parameters
    ----------
    path : Path
    suffix : str, optional
        Format: ".rttm", ".uem", ".lst", or any other for trials. Defaults to the suffix of `path`.

    Yields
    ------
    problem : str
        Message that names the file and the line.
    """
    suffix = path.suffix if suffix is None else suffix
    check = CHECKS.get(suffix, check_trial)
    seen: dict[str, int] = {}
    try:
        for number, line in numbered_lines(path):
            fields = line.split()
            if not fields:
                continue
            try:
                check(fields)
                name = line.strip()
                if suffix == ".lst" and seen.setdefault(name, number) != number:
                    raise ValueError(f"repeats line {seen[name]}")
            except ValueError as error:
                yield f"{path}, line {number}: {error}"
    except ValueError as error:
        yield str(error)
