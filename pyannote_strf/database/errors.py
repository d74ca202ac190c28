"""Errors caused by missing or malformed files."""

from __future__ import annotations

# exceptions of libraries, if a file is missing or malformed
FILE_ERRORS = (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError)


def one_line(error: Exception) -> str:
    """Return the message of an exception on one line."""
    if isinstance(error, KeyError):
        return f"section Databases of database.yml has no {error}"
    return " ".join(str(error).split())
