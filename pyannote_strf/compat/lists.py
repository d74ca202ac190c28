"""Lists of recordings are UTF-8, and name each recording once.

pyannote.database 6.1 reads them in the encoding of the locale, takes a byte order mark for a part of
the first name, an empty line for a recording without a name, and a recording that is there twice for
two (`load_lst` in
https://github.com/pyannote/pyannote-database/blob/09fb523183/src/pyannote/database/loader.py).

Importing this module makes pyannote.database read lists with :func:`load_list`.
"""

from __future__ import annotations

import reprlib
from pathlib import Path

from pyannote.database import custom

from pyannote_strf.compat.text_files import numbered_lines

# characters of a name, which may hold folders
LONGEST = 1000


def load_list(path: Path) -> list[str]:
    """Read a list of recordings. Empty lines are skipped.

    Raises
    ------
    ValueError
        If the file is not UTF-8, or a name is there twice, or can be none of a file.
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
    """
    Raises
    ------
    ValueError
        If no file can have this name.

    >>> check_name("x" * 5000)
    Traceback (most recent call last):
    ...
    ValueError: a name of 5,000 characters; is this a list of recordings?
    """
    if len(name) > LONGEST:
        raise ValueError(f"a name of {len(name):,} characters; is this a list of recordings?")
    if not name.isprintable():
        raise ValueError(f"{reprlib.repr(name)} holds characters that cannot be printed")


custom.load_lst = load_list
