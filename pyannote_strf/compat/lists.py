"""Lists of recordings in UTF-8, without duplicates.

pyannote.database 6.1 reads lists in the encoding of the locale, keeps a byte order mark as part of
the first name, empty lines as names, and duplicates (`load_lst` in
https://github.com/pyannote/pyannote-database/blob/09fb523183/src/pyannote/database/loader.py).

Importing this module makes pyannote.database read lists with :func:`load_list`.
"""

from __future__ import annotations

import reprlib
from pathlib import Path

from pyannote.database import custom

from pyannote_strf.compat.text_files import numbered_lines

# largest number of characters in a name, which may include folders
MAX_NAME_LENGTH = 1000


def load_list(path: Path) -> list[str]:
    """Read a list of recordings. Empty lines are skipped.

    Raises
    ------
    ValueError
        If the file is not UTF-8, a name is listed twice, or a name is not valid.
    """
    names: dict[str, int] = {}
    for number, line in numbered_lines(path):
        name = line.strip()
        if not name:
            continue
        try:
            check_name(name)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
        if names.setdefault(name, number) != number:
            raise ValueError(f"{path}, line {number}: the same as line {names[name]}; remove it")
    return list(names)


def check_name(name: str) -> None:
    """Check the name of a recording.

    Raises
    ------
    ValueError
        If it is too long or has characters that cannot be printed.

    >>> check_name("x" * 5000)
    Traceback (most recent call last):
    ...
    ValueError: a name of 5,000 characters; is this a list of recordings?
    """
    if len(name) > MAX_NAME_LENGTH:
        raise ValueError(f"a name of {len(name):,} characters; is this a list of recordings?")
    if not name.isprintable():
        raise ValueError(f"{reprlib.repr(name)} holds characters that cannot be printed")


custom.load_lst = load_list
