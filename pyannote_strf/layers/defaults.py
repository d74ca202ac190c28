"""Options with default values filled in."""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Mapping
from typing import Any

from pyannote_strf.checks import check_mapping, check_type
from pyannote_strf.messages import did_you_mean


def defaults(constructor: type) -> dict[str, Any]:
    """Return the defaults of all options of a class except `sample_rate`.

    >>> from pyannote_strf.layers.spectrograms.stft import ShortTimeFourier
    >>> defaults(ShortTimeFourier)
    {'num_bands': 64, 'trainable_stft': False}
    """
    parameters = inspect.signature(constructor).parameters
    return {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.default is not parameter.empty and name != "sample_rate"
    }


def with_defaults(
    name: str, options: Mapping[str, Any] | None, default: Mapping[str, Any]
) -> dict[str, Any]:
    """Return options, with defaults for those that are missing.

    Parameters
    ----------
    name : str
        Name of the options in messages.
    options : mapping or None
    default : mapping
        Defaults of all options that exist. Values must have the same types.

    Raises
    ------
    ValueError
        If `options` is not a mapping, or an option does not exist or is of another type.

    >>> with_defaults("linear", {"num_layers": 1}, {"hidden_size": 128, "num_layers": 2})
    {'hidden_size': 128, 'num_layers': 1}
    >>> with_defaults("linear", {"depth": 1}, {"hidden_size": 128, "num_layers": 2})
    Traceback (most recent call last):
    ...
    ValueError: linear: option 'depth' does not exist, valid options: hidden_size, num_layers
    """
    options = {} if options is None else options
    check_mapping(name, options)
    for option, value in options.items():
        if option not in default:
            raise ValueError(
                f"{name}: option {reprlib.repr(option)} does not exist, valid options: "
                f"{', '.join(default)}{did_you_mean(option, default)}"
            )
        check_type(f"{name}: {option}", value, type(default[option]))
    return {**default, **options}
