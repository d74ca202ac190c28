"""Values of options, checked where they are taken."""

from __future__ import annotations

import inspect
import math
import reprlib
from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError

NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """What to append to the message that a name does not exist.

    >>> did_you_mean("hiden_size", ["hidden_size", "num_layers"])
    "; did you mean 'hidden_size'?"
    >>> did_you_mean("depth", ["hidden_size", "num_layers"])
    ''
    """
    close = get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def check_size(name: str, value: Any) -> None:
    """
    Raises
    ------
    ValueError
        If `value` is no positive integer.

    >>> check_size("num_filters", 0)
    Traceback (most recent call last):
    ...
    ValueError: num_filters must be a positive integer, got 0
    """
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a positive integer, got {value!r}")


def check_choice(name: str, value: Any, choices: Collection[str]) -> None:
    """
    Raises
    ------
    ValueError
        If `value` is none of `choices`.

    >>> check_choice("mode", "phase", ("real", "imag"))
    Traceback (most recent call last):
    ...
    ValueError: mode must be one of real, imag, got 'phase'
    """
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def check_mapping(name: str, value: Any) -> None:
    """
    Raises
    ------
    ValueError
        If `value` is no mapping of options.

    >>> check_mapping("spectrogram", "cqt")
    Traceback (most recent call last):
    ...
    ValueError: spectrogram: expected a mapping of options, got 'cqt'
    """
    if not isinstance(value, dict):
        raise ValueError(f"{name}: expected a mapping of options, got {value!r}")


def check_number(name: str, value: Any, least: float = -math.inf, most: float = math.inf) -> None:
    """
    Raises
    ------
    ValueError
        If `value` is no finite number in this range, bounds included.

    >>> check_number("snr_min", "5 dB")
    Traceback (most recent call last):
    ...
    ValueError: snr_min must be a number, got '5 dB'
    >>> check_number("margin", 11.4, least=0, most=math.pi)
    Traceback (most recent call last):
    ...
    ValueError: margin must be a number from 0 to 3.14159, got 11.4
    """
    if isinstance(value, Real) and math.isfinite(value) and least <= value <= most:
        return
    start = f" from {least:g}" if least > -math.inf else ""
    end = f" to {most:g}" if most < math.inf else ""
    raise ValueError(f"{name} must be a number{start}{end}, got {value!r}")


def check_options(constructor: Callable, options: Collection[str]) -> None:
    """
    Raises
    ------
    ValueError
        If an option is no parameter of a class, nor of those it passes other options on to. What is
        no class is not checked.

    >>> from string import Template
    >>> check_options(Template, ["text"])
    Traceback (most recent call last):
    ...
    ValueError: unknown option 'text'; there are template
    """
    if not inspect.isclass(constructor):
        return
    known: set[str] = set()
    for cls in constructor.__mro__:
        make = vars(cls).get("__init__") or vars(cls).get("__new__")
        if not inspect.isroutine(make) or cls is object:
            continue
        parameters = list(inspect.signature(make).parameters.values())[1:]
        known.update(p.name for p in parameters if p.kind in NAMED)
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    else:
        return
    for name in options:
        if name not in known:
            raise ValueError(f"unknown option {name!r}; there are {', '.join(sorted(known))}")


def describe(error: Exception) -> str:
    """What went wrong, on one line: its kind too, unless that says nothing to a user.

    >>> describe(KeyError("momentum"))
    "KeyError: 'momentum'"
    >>> describe(ValueError("no such file"))
    'no such file'
    """
    message = " ".join(str(error).split())
    if message and isinstance(error, ValueError | TypeError | NotImplementedError):
        return message
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def first_mistake(error: ValidationError) -> str:
    """The first thing that a pydantic model complains about, and where, on one line.

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
    if mistake["type"] == "extra_forbidden":
        return f"{where} is unknown"
    if mistake["type"] in ("model_type", "dict_type"):
        message = "expected a mapping"
    got = "" if mistake["type"] == "value_error" else f", got {reprlib.repr(mistake['input'])}"
    prefix = f"{where}: " if where else ""
    return f"{prefix}{message[:1].lower()}{message[1:]}{got}"
