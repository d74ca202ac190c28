"""Flags in `--help`, without the type that typer 0.29 shows of them."""

from __future__ import annotations

import typer
from typer.core import TyperCommand, TyperGroup


class _PlainFlags:
    def get_params(self, ctx):
        params = super().get_params(ctx)
        for param in params:
            if getattr(param, "is_flag", False) and param.metavar is None:
                param.metavar = ""
        return params


class Group(_PlainFlags, TyperGroup):
    """Group of commands, whose flags have no type in `--help`."""


class Command(_PlainFlags, TyperCommand):
    """Command whose flags have no type in `--help`."""


def show_plain_flags(app: typer.Typer) -> None:
    """Show flags of all commands of an application without a type."""
    app.info.cls = Group
    for command in app.registered_commands:
        command.cls = Command
    for group in app.registered_groups:
        group.cls = Group
        show_plain_flags(group.typer_instance)
