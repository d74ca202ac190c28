"""Comparison of values with type hints, and description of type hints."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

STRICT = ConfigDict(strict=True, arbitrary_types_allowed=True, allow_inf_nan=False)

# types that constructors may convert text or numbers to
CONVERTIBLE = (os.PathLike, Enum, timedelta)

DESCRIPTIONS = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "text",
    NoneType: "null",
}

# descriptions of several values
PLURALS = {int: "integers", float: "numbers"}


def matches(value: Any, hint: Any) -> bool:
    """Return whether a value matches a type hint. Lists match tuples.

    >>> matches(1, float), matches(True, float), matches("1", float)
    (True, False, False)
    """
    if any(isinstance(leaf, type) and issubclass(leaf, CONVERTIBLE) for leaf in _leaves(hint)):
        return True
    try:
        adapter = TypeAdapter(hint, config=STRICT)
    except (PydanticUserError, NameError):
        # pydantic does not support this hint
        return True
    for candidate in (value, tuple(value)) if isinstance(value, list) else (value,):
        try:
            adapter.validate_python(candidate)
        except ValidationError:
            continue
        return True
    return False


def describe_hint(hint: Any) -> str:
    """Describe a type hint in words.

    >>> describe_hint(int | tuple[int, int] | None)
    'an integer, a list of 2 integers or null'
    >>> describe_hint(Sequence[Sequence[int]])
    'a list of lists of integers'
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        *first, last = dict.fromkeys(describe_hint(argument) for argument in arguments)
        return f"{', '.join(first)} or {last}" if first else last
    if origin is Annotated:
        return describe_hint(arguments[0])
    if origin is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    cls = origin or hint
    is_tuple = cls is tuple and arguments and Ellipsis not in arguments
    if is_tuple or (isinstance(cls, type) and issubclass(cls, Sequence) and cls is not str):
        return " ".join(["a list of", *_contents(arguments, bool(is_tuple))]).removesuffix(" of")
    if cls in DESCRIPTIONS or not isinstance(cls, type):
        return DESCRIPTIONS.get(cls, str(hint))
    if issubclass(cls, Mapping):
        return "a mapping"
    return "a list" if hasattr(cls, "__iter__") else cls.__name__


def _contents(arguments: tuple, is_tuple: bool) -> list[str]:
    """Return the number of values in a list, if it is fixed, and what they are, if it is known."""
    number = [str(len(arguments))] if is_tuple else []
    kinds = set(arguments) - {Ellipsis}
    if len(kinds) != 1:
        return number
    (kind,) = kinds
    described = describe_hint(kind)
    plural = PLURALS.get(kind, f"lists{described[6:]}" if described.startswith("a list") else None)
    return [*number, plural] if plural else number


def _leaves(hint: Any) -> Iterator[Any]:
    """Iterate over the innermost arguments of a type hint."""
    arguments = get_args(hint)
    if not arguments:
        yield hint
    for argument in arguments:
        yield from _leaves(argument)
