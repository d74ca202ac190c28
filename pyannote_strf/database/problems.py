"""Problems of a protocol, grouped by kind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from pyannote_strf.messages import few

# parts of a message that differ between problems of a kind: numbers, and values in quotes
DETAIL = re.compile(r"'[^']*'|\d+")


class Problem(NamedTuple):
    """One problem.

    Attributes
    ----------
    text : str
        Description of the problem.
    subset : str
        Subset concerned. Empty if there are several.
    uri : str
        Recording concerned. Empty if there is not exactly one.
    """

    text: str
    subset: str = ""
    uri: str = ""

    def kind(self) -> tuple[str, bool, str]:
        """Return a key that is equal for all problems of a kind."""
        text = _without(self.text, self.uri) if self.uri else self.text
        return self.subset, bool(self.uri), DETAIL.sub("", text)


def grouped(problems: Iterable[Problem]) -> list[str]:
    """Summarise problems, one line per kind.

    Parameters
    ----------
    problems : iterable of Problem

    Returns
    -------
    lines : list of str
        Recordings concerned, and text of the first problem, for each kind.

    Examples
    --------
    >>> grouped([Problem(f"{uri}.wav: empty", "train", uri) for uri in "abcde"])
    ['train, a, b, c and 2 more: a.wav: empty']
    """
    kinds: dict[tuple[str, bool, str], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault(problem.kind(), []).append(problem)
    lines = []
    for (subset, has_uri, _), (first, *others) in kinds.items():
        uris = list(dict.fromkeys(problem.uri for problem in (first, *others)))
        where = ", ".join(filter(None, (subset, few(uris) if has_uri else "")))
        more = f" (and {len(others):,} more of this kind)" if others and len(uris) == 1 else ""
        lines.append(f"{where}: {first.text}{more}" if where else f"{first.text}{more}")
    return lines


def _without(text: str, name: str) -> str:
    """Remove a name from a text, unless it is part of a longer word."""
    first, *others = text.split(name)
    for other in others:
        is_part = first[-1:].isalnum() or other[:1].isalnum()
        first += f"{name if is_part else ''}{other}"
    return first
