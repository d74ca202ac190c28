"""Checks of the values of options."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Collection
from numbers import Integral, Real
from typing import Any

from pyannote_strf.messages import did_you_mean

# largest size of a layer: larger ones do not fit into memory
MAX_SIZE = 65536


def is_integer(value: Any, least: int) -> bool:
    """Return whether a value is an integer from `least`, and not a boolean."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def check_size(name: str, value: Any, most: int = MAX_SIZE, least: int = 1) -> None:
    """Check that a value is a positive integer.

    Parameters
    ----------
    name : str
        Name of the option, for the message.
    value : object
    most : int, optional
        Largest valid value. Defaults to `MAX_SIZE`.
    least : int, optional
        Smallest valid value. Defaults to 1.

    Raises
    ------
    ValueError
        If `value` is not an integer from `least` to `most`.

    Examples
    --------
    >>> check_size("num_filters", 0)
    Traceback (most recent call last):
    ...
    ValueError: num_filters must be a positive integer, got 0
    """
    if not is_integer(value, least):
        valid = "a positive integer" if least == 1 else f"an integer from {least}"
        raise ValueError(f"{name} must be {valid}, got {reprlib.repr(value)}")
    if int(value) > most:
        raise ValueError(f"{name} must be at most {most}, got {reprlib.repr(value)}")


def check_choice(name: str, value: Any, choices: Collection[str]) -> None:
    """Check that a value is one of several choices.

    Parameters
    ----------
    name : str
        Name of the option, for the message.
    value : object
    choices : collection of str
        Valid values.

    Raises
    ------
    ValueError
        If `value` is not one of `choices`.

    Examples
    --------
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
    """Check that a value is a mapping of options.

    Parameters
    ----------
    name : str
        Name of the option, for the message.
    value : object

    Raises
    ------
    ValueError
        If `value` is not a dictionary.

    Examples
    --------
    >>> check_mapping("spectrogram", "cqt")
    Traceback (most recent call last):
    ...
    ValueError: spectrogram: expected a mapping of options, got 'cqt'
    """
    if not isinstance(value, dict):
        raise ValueError(f"{name}: expected a mapping of options, got {reprlib.repr(value)}")


def check_number(name: str, value: Any, least: float = -math.inf, most: float = math.inf) -> None:
    """Check that a value is a finite number in a range.

    Parameters
    ----------
    name : str
        Name of the option, for the message.
    value : object
    least, most : float, optional
        Smallest and largest valid values. Default to no limits.

    Raises
    ------
    ValueError
        If `value` is not a finite number from `least` to `most`.

    Examples
    --------
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
    """Check that a value is a pair of positive integers.

    Parameters
    ----------
    name : str
        Name of the option, for the message.
    value : object
    most : int, optional
        Largest valid integer. Defaults to `MAX_SIZE`.

    Raises
    ------
    ValueError
        If `value` is not a list or tuple of two integers from 1 to `most`.

    Examples
    --------
    >>> check_pair("stride", [4, 0])
    Traceback (most recent call last):
    ...
    ValueError: stride must be two positive integers, got [4, 0]
    """
    is_pair = isinstance(value, list | tuple) and len(value) == 2
    if not is_pair or not all(is_integer(size, least=1) for size in value):
        raise ValueError(f"{name} must be two positive integers, got {reprlib.repr(value)}")
    for size in value:
        check_size(name, size, most)


def check_type(name: str, value: Any, hint: Any) -> None:
    """Check that a value matches a type hint, without conversion.

    Integers are valid numbers, and lists are valid tuples. Booleans and NaN are not valid numbers.
    Types that a constructor may convert to, such as paths, accept any value.

    Parameters
    ----------
    name : str
        Name of the option, for the message.
    value : object
    hint : type hint

    Raises
    ------
    ValueError
        If the value does not match.

    Examples
    --------
    >>> check_type("stride", [4, 2], tuple[int, int])
    >>> check_type("gain_control", "text", bool)
    Traceback (most recent call last):
    ...
    ValueError: gain_control must be true or false, got 'text'
    """
    from pyannote_strf.type_hints import describe_hint, matches

    if not matches(value, hint):
        raise ValueError(f"{name} must be {describe_hint(hint)}, got {reprlib.repr(value)}")
