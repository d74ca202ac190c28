"""`pyannote-strf filters`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pyannote_strf.cli.memory import lasting_imports
from pyannote_strf.cli.options import SUBSETS, Debug, Gpu, Registry, Trust, device

if TYPE_CHECKING:
    from pyannote_strf.reports.filters import ModelReport

# of several models
SHOWN = [
    "temporal modulation (Hz)",
    "spectral modulation (cycles / octave)",
    "envelope (ms)",
    "moved (bandwidths)",
]


def filters(
    checkpoints: Annotated[
        list[Path],
        typer.Argument(metavar="CHECKPOINT", help="e.g. <train_dir>/weights/0012.ckpt."),
    ],
    protocol: Annotated[
        list[str],
        typer.Option(
            help="Protocol whose training audio filters are held against. Repeat it to name one for "
            "each checkpoint."
        ),
    ] = [],
    importance: Annotated[
        str | None,
        typer.Option(
            metavar="gradient|ablation",
            help="Measure how much each filter matters, on the protocol: by gradients, quickly, or by "
            "leaving out each filter too.",
        ),
    ] = None,
    subset: Annotated[
        str, typer.Option(metavar=SUBSETS, help="What importance is measured on.")
    ] = "development",
    weighted: Annotated[
        bool, typer.Option("--weighted", help="Between models, filters count by their importance.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Directory to write. Defaults to <checkpoint>.filters, if there is but one."
        ),
    ] = None,
    at: Annotated[
        float, typer.Option(min=1.0, help="Frequency around which octaves are counted, in hertz.")
    ] = 1000.0,
    format: Annotated[str, typer.Option(metavar="png|svg", help="Of pictures.")] = "png",
    registry: Registry = None,
    gpu: Gpu = None,
    trust: Trust = False,
    debug: Debug = False,
) -> None:
    """Report what the spectro-temporal filters of trained models respond to, and how far they moved."""
    if out is None and len(checkpoints) > 1:
        raise ValueError("several checkpoints: say where to write their report by --out")
    if format not in ("png", "svg"):
        raise ValueError(f"--format must be png or svg, got {format!r}")
    with lasting_imports():
        from pyannote_strf.cli.progress import progress_bars
        from pyannote_strf.database.protocols import load_registry
        from pyannote_strf.reports.filters import report

    if protocol or registry is not None:
        load_registry(registry)
    with progress_bars() as progress:
        found = report(
            checkpoints,
            out or checkpoints[0].with_suffix(".filters"),
            protocols=protocol,
            subset=subset,
            kind=importance,
            weighted=weighted,
            at=at,
            suffix=format,
            device=device(gpu),
            progress=progress,
            trust=trust,
        )

    console = Console()
    console.print(_table(found.models))
    for model in found.models:
        if len(found.models) > 1:
            console.print(Text(model.name, style="bold"))
        for line in model.findings:
            console.print(line, highlight=False, markup=False)
    if found.comparison is not None:
        named = {str(number): name for number, name in enumerate(found.comparison.names, start=1)}
        table = _folding("Wasserstein distance", [*named])
        for (number, name), row in zip(named.items(), found.comparison.distances.values):
            table.add_row(Text(f"{number}: {name}"), *(f"{value:.2f}" for value in row))
        console.print(table)
    for path in found.paths:
        typer.echo(f"Wrote {path}")


def _table(models: Sequence[ModelReport]) -> Table:
    """Quartiles of one model, or medians of several."""
    if len(models) == 1:
        table = _folding(models[0].name, ["lower quartile", "median", "upper quartile"])
        for name, row in models[0].quartiles.items():
            table.add_row(name, *(f"{value:.3g}" for value in row.values()))
        return table
    table = _folding("median over filters", SHOWN)
    for model in models:
        medians = (f"{model.quartiles[name]['median']:.3g}" for name in SHOWN)
        table.add_row(Text(model.name), *medians)
    return table


def _folding(first: str, names: list[str]) -> Table:
    table = Table()
    for name in [first, *names]:
        table.add_column(Text(name), overflow="fold")
    return table
