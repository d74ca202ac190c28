"""Checks of options against the constructor that takes them."""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, get_type_hints

from pyannote_strf.checks import check_type
from pyannote_strf.messages import did_you_mean

# kinds of parameters that can be given by name
NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def check_options(
    constructor: Callable,
    options: Mapping[str, Any],
    num_given: int = 0,
    others: Collection[str] = (),
    elsewhere: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Check options of a class against the signature and type hints of its constructor.

    Parameters without type hints accept any value. Callables that are not classes are not checked.

    Parameters
    ----------
    constructor : callable
        Class that takes the options.
    options : mapping
        Options by name.
    num_given : int, optional
        Number of positional arguments given in addition to the options. Defaults to 0.
    others : collection of str, optional
        Additional valid options to list in messages. Defaults to none.
    elsewhere : mapping of str to str, optional
        Parameters that are not valid options, each with the explanation for the message.

    Raises
    ------
    ValueError
        If an option is not a parameter of the class, or of a base class that it passes options on
        to; if an option without default is missing; or if an option has the wrong type, see
        :func:`~pyannote_strf.checks.check_type`.

    Examples
    --------
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
    """Return the parameters of a class, and of base classes that it passes `**kwargs` on to.

    Returns
    -------
    parameters : dict
        Each parameter with its type hint, and whether the class itself declares it.
    accepts_any : bool
        Whether any other option is passed on too.
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
            # hints may use names that are imported for type checkers only
            hints = {}
        for parameter in parameters:
            if parameter.kind in NAMED:
                hint = hints.get(parameter.name, Any)
                found.setdefault(parameter.name, (parameter, hint, is_own))
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            return found, False
    return found, True
