"""Flags in `--help`, without the type that typer 0.29 shows for them."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class Group(TyperGroup):
    """Group of commands whose flags have no type in `--help`."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters of the group."""
        return _without_types(super().get_params(ctx))


class Command(TyperCommand):
    """Command whose flags have no type in `--help`."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters of the command."""
        return _without_types(super().get_params(ctx))


def _without_types(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        if getattr(parameter, "is_flag", False) and parameter.metavar is None:
            parameter.metavar = ""
    return parameters


def show_plain_flags(app: typer.Typer) -> None:
    """Remove the types of flags from the help of all commands of an app."""
    app.info.cls = Group
    for command in app.registered_commands:
        command.cls = Command
    for group in app.registered_groups:
        group.cls = Group
        if group.typer_instance is not None:
            show_plain_flags(group.typer_instance)
