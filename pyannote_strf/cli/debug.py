"""The `--debug` option of all commands."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from pyannote_strf.cli.signatures import option, with_parameters

Debug = Annotated[bool, typer.Option("--debug", help="Show warnings, and the traceback of errors.")]


def add_debug_option(app: typer.Typer) -> None:
    """Add `--debug` to all commands of an app.

    The option only has to be accepted: `main` looks for it before any command runs.
    """
    for command in app.registered_commands:
        if command.callback is not None:
            command.callback = _with_debug(command.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            add_debug_option(group.typer_instance)


def _with_debug(callback: Callable) -> Callable:
    @functools.wraps(callback)
    def command(debug: bool, **arguments: Any) -> Any:
        return callback(**arguments)

    parameters = inspect.signature(callback, eval_str=True).parameters.values()
    return with_parameters(command, [*parameters, option("debug", False, Debug)])
