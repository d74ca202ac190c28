"""What is wrong with recordings, a line for each kind of mistake rather than for each recording."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

# how many names are listed before the rest is counted
FEW = 3

# what differs between mistakes of a kind: numbers, and values in quotes
DETAIL = re.compile(r"'[^']*'|\d+")


class Complaint(NamedTuple):
    """One thing that is wrong.

    Attributes
    ----------
    text : str
    subset : str
        Empty if it concerns several.
    uri : str
        Recording that it concerns. Empty if it is none in particular.
    """

    text: str
    subset: str = ""
    uri: str = ""

    def kind(self) -> tuple[str, bool, str]:
        """Return what complaints of a kind have in common."""
        text = _without(self.text, self.uri) if self.uri else self.text
        return self.subset, bool(self.uri), DETAIL.sub("", text)


def grouped(complaints: Iterable[Complaint]) -> list[str]:
    """Give a line for each kind of complaint: the text of the first one, and what it concerns.

    >>> grouped([Complaint(f"{uri}.wav: empty", "train", uri) for uri in "abcde"])
    ['train, a, b, c and 2 more: a.wav: empty']
    """
    kinds: dict[tuple, list[Complaint]] = {}
    for complaint in complaints:
        kinds.setdefault(complaint.kind(), []).append(complaint)
    lines = []
    for (subset, has_uri, _), (first, *others) in kinds.items():
        uris = list(dict.fromkeys(complaint.uri for complaint in (first, *others)))
        where = ", ".join(filter(None, (subset, few(uris) if has_uri else "")))
        more = f" (and {len(others):,} more like it)" if others and len(uris) == 1 else ""
        lines.append(f"{where}: {first.text}{more}" if where else f"{first.text}{more}")
    return lines


def few(names: Collection[str]) -> str:
    """List the first names, and count the rest.

    >>> few(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    listed = ", ".join(list(names)[:FEW])
    more = len(names) - FEW
    return f"{listed} and {more:,} more" if more > 0 else listed


def _without(text: str, name: str) -> str:
    """Remove a name from a text, but not from words that it is a part of."""
    first, *others = text.split(name)
    for other in others:
        is_part = first[-1:].isalnum() or other[:1].isalnum()
        first += f"{name if is_part else ''}{other}"
    return first
