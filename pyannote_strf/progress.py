"""Progress of long computations."""

from __future__ import annotations

from collections.abc import Callable

# called with a description, the number of items done, and the total number of items
Progress = Callable[[str, int, int], None]


def silent(what: str, done: int, total: int) -> None:
    """Ignore progress."""
