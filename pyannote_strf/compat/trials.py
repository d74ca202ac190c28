"""Trials whose recordings keep their names.

pyannote.database 6.1 reads trials through pandas, which guesses the types of columns. The recording
"001" becomes the number 1, and "NA" becomes a missing value (`load_trial` in
https://github.com/pyannote/pyannote-database/blob/09fb523183/src/pyannote/database/loader.py).

Importing this module makes pyannote.database read trials with :func:`load_trials`.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyannote.database import custom

from pyannote_strf.compat.text_files import numbered_lines


def load_trials(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file of trials.

    Yields
    ------
    trial : dict
        `reference` (1 for the same speaker, 0 for two speakers), `uri1` and `uri2`.

    Raises
    ------
    ValueError
        If a line is malformed or not UTF-8. The message names the file and the line.
    """
    for number, line in numbered_lines(path):
        fields = line.split()
        if not fields:
            continue
        try:
            check_trial(fields)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
        reference, uri1, uri2 = fields
        yield {"reference": int(reference), "uri1": uri1, "uri2": uri2}


def check_trial(fields: list[str]) -> None:
    """Check the fields of a trial: `reference uri1 uri2`, with reference 0 or 1.

    Raises
    ------
    ValueError
        If the number of fields or the reference is not valid.

    >>> check_trial("2 one.wav two.wav".split())
    Traceback (most recent call last):
    ...
    ValueError: reference must be 0 or 1, got '2'
    """
    if len(fields) != 3:
        raise ValueError(f"expected reference uri1 uri2, got {len(fields)} fields")
    if fields[0] not in ("0", "1"):
        raise ValueError(f"reference must be 0 or 1, got {reprlib.repr(fields[0])}")


custom.load_trial = load_trials
