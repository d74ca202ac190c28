"""Values of options, checked where they are taken."""

from __future__ import annotations

import inspect
import math
import reprlib
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from numbers import Integral, Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from pydantic import ValidationError

NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)

# of a layer: nothing larger fits into memory
MAX_SIZE = 65536

# of a message of somebody else
MAX_LETTERS = 400


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """What to append to the message that a name does not exist.

    >>> did_you_mean("hiden_size", ["hidden_size", "num_layers"])
    "; did you mean 'hidden_size'?"
    >>> did_you_mean("depth", ["hidden_size", "num_layers"])
    ''
    """
    close = get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def check_size(name: str, value: Any, most: int = MAX_SIZE) -> None:
    """
    Raises
    ------
    ValueError
        If `value` is no positive integer, or above `most`.

    >>> check_size("num_filters", 0)
    Traceback (most recent call last):
    ...
    ValueError: num_filters must be a positive integer, got 0
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a positive integer, got {reprlib.repr(value)}")
    if value > most:
        raise ValueError(f"{name} must be {most} at most, got {reprlib.repr(value)}")


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
    if value not in list(choices):
        raise ValueError(
            f"{name} must be one of {', '.join(choices)}, got {reprlib.repr(value)}"
            f"{did_you_mean(value, choices)}"
        )


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
        raise ValueError(f"{name}: expected a mapping of options, got {reprlib.repr(value)}")


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
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if is_number and least <= value <= most and math.isfinite(value):
        return
    start = f" from {least:g}" if least > -math.inf else ""
    end = f" to {most:g}" if most < math.inf else ""
    raise ValueError(f"{name} must be a number{start}{end}, got {reprlib.repr(value)}")


def check_pair(name: str, value: Any, most: int = MAX_SIZE) -> None:
    """
    Raises
    ------
    ValueError
        If `value` is not two positive integers, `most` at most.

    >>> check_pair("stride", [4, 0])
    Traceback (most recent call last):
    ...
    ValueError: stride must be a positive integer, got 0
    """
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"{name} must be two positive integers, got {reprlib.repr(value)}")
    for size in value:
        check_size(name, size, most)


def check_options(
    constructor: Callable,
    options: Mapping[str, Any],
    num_given: int = 0,
    others: Collection[str] = (),
    elsewhere: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Check options of a class by the signature and the type hints of its constructor.

    What has no hint may be anything; what is no class is not checked.

    Parameters
    ----------
    constructor : callable
    options : mapping
    num_given : int, optional
        Number of positional arguments that it is given beside options. Defaults to 0.
    others : collection of str, optional
        Options that exist beside these, which messages name too. Defaults to none.
    elsewhere : mapping of str to str, optional
        Parameters that are no options, and what to do instead.

    Raises
    ------
    ValueError
        If an option is no parameter of a class, nor of those it passes other options on to; if one
        without a default is missing; or if one is of another type: see :func:`check_type`.

    >>> from string import Template
    >>> check_options(Template, {"text": "$name"})
    Traceback (most recent call last):
    ...
    ValueError: option 'text' does not exist, valid options: template
    """
    if not inspect.isclass(constructor):
        return
    parameters, passes_on = _parameters_of(constructor)
    for name in [*list(parameters)[:num_given], *elsewhere]:
        parameters.pop(name, None)
    for name, value in options.items():
        if name in elsewhere:
            raise ValueError(f"option {name!r} {elsewhere[name]}")
        if name in parameters:
            parameter, hint, _ = parameters[name]
            if value is not None or parameter.default is not None:
                check_type(name, value, hint)
        elif not passes_on:
            valid = sorted({*parameters, *others})
            raise ValueError(
                f"option {reprlib.repr(name)} does not exist, valid options: {', '.join(valid)}"
                f"{did_you_mean(name, valid)}"
            )
    for name, (parameter, _, is_own) in parameters.items():
        if is_own and parameter.default is parameter.empty and name not in options:
            raise ValueError(f"option {name!r} is missing")


def _parameters_of(cls: type) -> tuple[dict[str, tuple[inspect.Parameter, Any, bool]], bool]:
    """Parameters of a class and of those it passes other options on to, and whether to any options.

    Each comes with its type hint, and with whether it is that of the class itself.
    """
    found: dict[str, tuple[inspect.Parameter, Any, bool]] = {}
    for base in cls.__mro__:
        make = vars(base).get("__init__") or getattr(vars(base).get("__new__"), "__func__", None)
        if not inspect.isfunction(make):
            continue
        is_own = not found
        parameters = list(inspect.signature(make).parameters.values())[1:]
        try:
            hints = get_type_hints(make)
        except Exception:
            # names that are imported for type checkers alone
            hints = {}
        for parameter in parameters:
            if parameter.kind in NAMED:
                hint = hints.get(parameter.name, Any)
                found.setdefault(parameter.name, (parameter, hint, is_own))
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            return found, False
    return found, True


def check_type(name: str, value: Any, hint: Any) -> None:
    """Check a value strictly: true is no number, "2" is not 2, and NaN is neither.

    Integers pass for numbers, and lists for tuples. Values that a constructor may convert, such as text
    for a path, are left to it.

    Raises
    ------
    ValueError
        If the value is not of that type.

    >>> check_type("stride", [4, 2], tuple[int, int])
    >>> check_type("gain_control", "text", bool)
    Traceback (most recent call last):
    ...
    ValueError: gain_control must be true or false, got 'text'
    """
    from pyannote_strf.type_hints import matches, words

    if not matches(value, hint):
        raise ValueError(f"{name} must be {words(hint)}, got {reprlib.repr(value)}")


def describe(error: Exception) -> str:
    """What went wrong, on one line, in words that say something to a user.

    >>> describe(KeyError("momentum"))
    "'momentum' is missing"
    >>> describe(ValueError("no such file"))
    'no such file'
    """
    message = " ".join(str(error).split())
    if isinstance(error, MemoryError) or "can't allocate memory" in message:
        return "more memory is needed than there is; choose smaller sizes"
    if isinstance(error, KeyError):
        return f"{message} is missing"
    if isinstance(error, ArithmeticError):
        return f"a number is out of range ({message})"
    if len(message) > MAX_LETTERS:
        message = f"{message[:MAX_LETTERS]}..."
    return message or f"failed ({type(error).__name__})"


def first_mistake(error: ValidationError, known: Collection[str] = ()) -> str:
    """The first thing that a pydantic model complains about, and where, on one line.

    Parameters
    ----------
    error : ValidationError
    known : collection of str, optional
        Names that one which does not exist may have been meant for.

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
