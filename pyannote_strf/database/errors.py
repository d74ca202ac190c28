"""Errors that files of a protocol may lead to."""

from __future__ import annotations

# what libraries raise on a file that is missing or malformed
MISTAKES = (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError)


def one_line(error: Exception) -> str:
    """Give the message of an exception, on one line."""
    if isinstance(error, KeyError):
        return f"section Databases of database.yml has no {error}"
    return " ".join(str(error).split())
