"""`pyannote-strf filters`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pyannote_strf.cli.options import Debug


def filters(
    checkpoint: Annotated[Path, typer.Argument(help="e.g. <train_dir>/weights/0012.ckpt.")],
    out: Annotated[
        Path | None, typer.Option(help="Directory to write. Defaults to <checkpoint>.filters.")
    ] = None,
    at: Annotated[
        float, typer.Option(min=1.0, help="Frequency around which octaves are counted, in hertz.")
    ] = 1000.0,
    debug: Debug = False,
) -> None:
    """Describe the spectro-temporal filters of a trained model in hertz and cycles per octave."""
    from pyannote_strf.analysis.report import write_report
    from pyannote_strf.experiment.checkpoints import load_model

    out = out or checkpoint.with_suffix(".filters")
    summary = write_report(load_model(checkpoint), out, at)
    table = Table("", "lower quartile", "median", "upper quartile")
    for name, value in summary.items():
        if isinstance(value, dict) and "median" in value:
            table.add_row(name, *(f"{number:.3g}" for number in value.values()))
    Console().print(table)
    counts = ", ".join(f"{count} {name}" for name, count in summary["directions"].items())
    typer.echo(f"directions of {summary['filters']} filters: {counts}")
    for name in ("filters.csv", "summary.json", "filters.png"):
        typer.echo(f"Wrote {out / name}")
