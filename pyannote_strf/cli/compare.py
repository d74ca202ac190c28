"""`pyannote-strf compare`."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pyannote_strf.applications.base import applications
from pyannote_strf.cli.memory import lasting_imports
from pyannote_strf.cli.options import expanded
from pyannote_strf.cli.signatures import dataclass_options, with_parameters


def compare(
    applied: Annotated[
        list[Path],
        typer.Argument(
            metavar="APPLIED",
            help="Results of each system: a directory from `validate` with one result of `apply`, "
            "or the path of a result, <validate_dir>/apply/<epoch>/<protocol>.<subset>.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Directory to write.", callback=expanded)
    ] = Path("comparison"),
    **options: Any,
) -> None:
    """Compare results of several systems on the same data, in total and for each file."""
    with lasting_imports():
        from pyannote_strf.cli.progress import progress_bars
        from pyannote_strf.reports.compare import RESAMPLES
        from pyannote_strf.reports.compare import compare as run

    chosen = {
        name: {field.name: options[field.name] for field in fields(each.CompareOptions)}
        for name, each in applications().items()
    }
    with progress_bars() as progress:
        found = run(applied, out, chosen, progress)
    console = Console()
    notes = []
    for metric, rows in found.metrics.items():
        table = Table()
        first = next((row.compared_with for row in rows if row.difference), found.systems[0])
        for name in (metric, "%", "95 %", f"difference from {first}", "95 %"):
            table.add_column(Text(name))
        for row in rows:
            cells = [*_cells(row.value), *_cells(row.difference, "+")]
            table.add_row(Text(row.system), *cells)
            if row.note:
                notes.append(f"{row.system}: no {metric}: {row.note}")
        console.print(table)
    for note in notes:
        typer.echo(note)
    if found.resampled:
        typer.echo(f"95 % confidence intervals are from {RESAMPLES} resamples of {found.resampled}")
    for path in found.paths:
        typer.echo(f"Wrote {path}")


def _cells(estimate: Any, sign: str = "") -> list[str]:
    if estimate is None:
        return ["", ""]
    value, low, high = (f"{100 * number:{sign}.2f}" for number in estimate)
    return [value, "" if math.isnan(estimate.low) else f"{low} to {high}"]


def command() -> Callable:
    """Return the command with the options of all applications."""
    parameters = [
        parameter
        for name, parameter in inspect.signature(compare, eval_str=True).parameters.items()
        if name != "options"
    ]
    for application in applications().values():
        parameters += dataclass_options(application.CompareOptions)
    bound = with_parameters(lambda **arguments: compare(**arguments), parameters)
    bound.__doc__ = compare.__doc__
    return bound
