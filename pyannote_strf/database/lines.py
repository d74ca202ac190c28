"""Line by line reading of RTTM, UEM, list and trial files, to say which line is wrong.

pyannote.database reads these files too, quickly, but stops at a mistake without saying where, or
does not stop at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

from pyannote_strf.compat.trials import check_trial


def check_lines(path: Path) -> Iterator[str]:
    """Find what is wrong with a file, one message for each bad line. Formats go by suffix.

    Parameters
    ----------
    path : Path
        ".rttm", ".uem", ".lst" or trials (any other suffix).
    """
    check = CHECKS.get(path.suffix, check_trial)
    seen: dict[str, int] = {}
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                fields = line.split()
                if not fields:
                    if path.suffix == ".lst":
                        yield f"{path}, line {number}: empty"
                    continue
                try:
                    key = check(fields)
                    if key is not None and seen.setdefault(key, number) != number:
                        raise ValueError(f"the same as line {seen[key]}")
                except ValueError as error:
                    yield f"{path}, line {number}: {error}"
    except UnicodeDecodeError as error:
        yield f"{path}: not UTF-8 ({error.reason} at byte {error.start})"
    except OSError as error:
        yield f"{path}: cannot be read ({error.strerror})"


def check_rttm(fields: list[str]) -> None:
    """Check `SPEAKER uri channel start duration <NA> <NA> speaker <NA> <NA>`.

    >>> check_rttm("SPEAKER meeting 1 3.0 -1.0 <NA> <NA> Alice <NA> <NA>".split())
    Traceback (most recent call last):
    ...
    ValueError: duration is '-1.0'
    """
    if fields[0].startswith(";;") or (fields[0].isupper() and fields[0] != "SPEAKER"):
        return
    if len(fields) < 9 or fields[0] != "SPEAKER":
        raise ValueError(
            "expected SPEAKER uri channel start duration <NA> <NA> speaker <NA> [<NA>], "
            f"got {len(fields)} fields"
        )
    seconds("start", fields[3])
    seconds("duration", fields[4])


def check_uem(fields: list[str]) -> None:
    """Check `uri channel start end`.

    >>> check_uem("meeting 1 10.0 5.0".split())
    Traceback (most recent call last):
    ...
    ValueError: ends at 5.0 s, before it starts, at 10.0 s
    """
    if fields[0].startswith(";;"):
        return
    if len(fields) != 4:
        raise ValueError(f"expected uri channel start end, got {len(fields)} fields")
    start, end = seconds("start", fields[2]), seconds("end", fields[3])
    if end < start:
        raise ValueError(f"ends at {end} s, before it starts, at {start} s")


def check_list(fields: list[str]) -> str:
    """Return the name, which must be there once."""
    return " ".join(fields)


def seconds(name: str, text: str) -> float:
    """Read a time that is finite and not negative.

    >>> seconds("start", "1.5")
    1.5
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} is {text!r}")
    return value


CHECKS: dict[str, Callable[[list[str]], str | None]] = {
    ".rttm": check_rttm,
    ".uem": check_uem,
    ".lst": check_list,
}
