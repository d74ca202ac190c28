"""`pyannote-audio`, once plugged: our commands, and upstream's."""

from __future__ import annotations

import sys

import typer
from typer.core import TyperGroup

from pyannote_strf.cli import main as ours
from pyannote_strf.cli.flags import Group


class WithUpstreamCommands(Group):
    """Our commands, and those of upstream, which take seconds to import."""

    def list_commands(self, ctx):
        return [*super().list_commands(ctx), *_upstream().list_commands(ctx)]

    def get_command(self, ctx, cmd_name):
        return super().get_command(ctx, cmd_name) or _upstream().get_command(ctx, cmd_name)


def _upstream() -> TyperGroup:
    from pyannote.audio.__main__ import app as upstream

    return typer.main.get_command(upstream)


def main() -> None:
    """Run a command of ours as `pyannote-strf` does, and one of upstream as upstream does."""
    known = {
        command.name for command in (*ours.app.registered_commands, *ours.app.registered_groups)
    }
    if known & set(sys.argv[1:2]):
        ours.main()
        return
    if len(sys.argv) > 1:
        from pyannote_strf.protocols import load

        load()
    ours.app.info.cls = WithUpstreamCommands
    ours.app()
