"""Messages that explain errors to users, on one line."""

from __future__ import annotations

import reprlib
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

# largest number of characters of a message, which may contain long values and names of files
MAX_CHARACTERS = 400

# number of names to list
MAX_NAMES = 3


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Return a suggestion to append to the message that a name does not exist.

    Parameters
    ----------
    name : object
        Unknown name.
    known : iterable of str
        Existing names.

    Returns
    -------
    suggestion : str
        Empty if no existing name is similar.

    Examples
    --------
    >>> did_you_mean("hiden_size", ["hidden_size", "num_layers"])
    "; did you mean 'hidden_size'?"
    >>> did_you_mean("depth", ["hidden_size", "num_layers"])
    ''
    """
    close = get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def few(names: Collection[str]) -> str:
    """List the first names and count the rest.

    >>> few(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    listed = ", ".join(list(names)[:MAX_NAMES])
    more = len(names) - MAX_NAMES
    return f"{listed} and {more:,} more" if more > 0 else listed


def describe(error: Exception) -> str:
    """Describe an exception to a user on one line.

    >>> describe(KeyError("momentum"))
    "'momentum' is missing"
    >>> describe(ValueError("no such file"))
    'no such file'
    """
    message = " ".join(str(error).split())
    if isinstance(error, MemoryError) or "can't allocate memory" in message:
        return "not enough memory; choose smaller sizes"
    if isinstance(error, KeyError):
        return f"{message} is missing"
    if isinstance(error, ArithmeticError):
        return f"a number is out of range ({message})"
    if len(message) > MAX_CHARACTERS:
        message = f"{message[:MAX_CHARACTERS]}..."
    return message or "no reason was given"


def first_mistake(error: ValidationError, known: Collection[str] = ()) -> str:
    """Describe the first error that pydantic found, and its location, on one line.

    Parameters
    ----------
    error : ValidationError
    known : collection of str, optional
        Valid names, to suggest one for a name that does not exist.

    Returns
    -------
    description : str

    Examples
    --------
    >>> from pydantic import TypeAdapter, ValidationError
    >>> try:
    ...     TypeAdapter(dict[str, int]).validate_python({"epoch": "first"})
    ... except ValidationError as error:
    ...     first_mistake(error)
    "epoch: input should be a valid integer, unable to parse string as an integer, got 'first'"
    """
    mistake = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(map(str, mistake["loc"]))
    message = mistake["msg"].removeprefix("Value error, ")
    if mistake["type"] == "missing":
        return f"{where} is missing"
    if mistake["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"{where} is unknown{did_you_mean(mistake['loc'][-1], known)}"
    if mistake["type"] in ("model_type", "dict_type"):
        message = "expected a mapping"
    got = "" if mistake["type"] == "value_error" else f", got {reprlib.repr(mistake['input'])}"
    prefix = f"{where}: " if where else ""
    return f"{prefix}{message[:1].lower()}{message[1:]}{got}"
