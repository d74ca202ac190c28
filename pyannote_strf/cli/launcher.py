"""`pyannote-strf plug` and `unplug`."""

from __future__ import annotations

import typer

from pyannote_strf import launcher
from pyannote_strf.cli.options import Debug


def plug(debug: Debug = False) -> None:
    """Make this environment's `pyannote-audio` know `sad` and `emb`, and all it knew before."""
    typer.echo(f"{launcher.plug()} now knows `sad` and `emb`; `pyannote-strf unplug` undoes this.")


def unplug(debug: Debug = False) -> None:
    """Put upstream's `pyannote-audio` back."""
    typer.echo(f"{launcher.unplug()} is upstream's again.")
