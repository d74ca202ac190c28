"""Signatures that typer builds the options of commands from."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any, get_type_hints


def with_parameters(command: Callable, parameters: Iterable[inspect.Parameter]) -> Callable:
    """Set the signature of a command that takes `**arguments`.

    Parameters
    ----------
    command : callable
    parameters : iterable of inspect.Parameter
        Parameters with evaluated annotations.

    Returns
    -------
    command : callable
    """
    signature = inspect.Signature(list(parameters))
    command.__signature__ = signature  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in signature.parameters.values()}
    return command


def option(name: str, default: Any, annotation: Any) -> inspect.Parameter:
    """Return the parameter of an option."""
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


def dataclass_options(options: type) -> list[inspect.Parameter]:
    """Return the fields of a dataclass of options as parameters."""
    hints = get_type_hints(options, include_extras=True)
    return [option(field.name, field.default, hints[field.name]) for field in fields(options)]
