"""`pyannote-strf plug` and `unplug`."""

from __future__ import annotations

import typer

from pyannote_strf import launcher


def plug() -> None:
    """Add the commands of `pyannote-strf` to `pyannote-audio` in this environment."""
    typer.echo(
        f"{launcher.plug()} now has the commands of pyannote-strf. `pyannote-strf unplug` removes "
        "them."
    )


def unplug() -> None:
    """Restore the original `pyannote-audio` in this environment."""
    typer.echo(f"Restored {launcher.unplug()}")
