"""`pyannote-strf export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pyannote_strf.cli.memory import lasting_imports
from pyannote_strf.cli.options import ModelArgument, Trust
from pyannote_strf.files import check_writable


def export(
    model: ModelArgument,
    out: Annotated[Path, typer.Argument(help="ONNX file to write.")],
    trust: Trust = False,
) -> None:
    """Export a trained model to ONNX, for waveforms of any length."""
    with lasting_imports():
        from pyannote_strf.experiment.directories import find_trained
        from pyannote_strf.models.checkpoint import load_model
        from pyannote_strf.models.export import export_onnx

    check_writable(out.parent)
    if out.is_dir():
        raise ValueError(f"{out}: a directory; name a file to write")
    trained = load_model(find_trained(model).checkpoint, trust)
    with Console(stderr=True).status("Exporting"):
        export_onnx(trained, out)
    typer.echo(f"Wrote {out}")
