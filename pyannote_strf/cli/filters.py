"""`pyannote-strf filters`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pyannote_strf.analysis.filters import REFERENCE_FREQUENCY
from pyannote_strf.cli.memory import lasting_imports
from pyannote_strf.cli.options import Gpu, Registry, Subset, Trust, device, expanded

if TYPE_CHECKING:
    from pyannote_strf.reports.part import ModelReport

# properties in the table of several models
SHOWN_PROPERTIES = [
    "temporal modulation (Hz)",
    "spectral modulation (cycles / octave)",
    "envelope (ms)",
    "moved (bandwidths)",
    "bands moved (bandwidths)",
    "width of bands / initial width",
    "peak of filters of the waveform (Hz)",
]


class ImportanceKind(StrEnum):
    """Measures of importance."""

    GRADIENT = "gradient"
    ABLATION = "ablation"


class PictureFormat(StrEnum):
    """Formats of pictures."""

    PNG = "png"
    SVG = "svg"


def filters(
    models: Annotated[
        list[Path],
        typer.Argument(
            metavar="MODEL",
            help="Trained models: checkpoints, directories from `validate`, or experiment "
            "directories.",
        ),
    ],
    protocol: Annotated[
        list[str],
        typer.Option(
            help="Protocol whose training audio is compared with filters, and on which attention "
            "is measured. Repeat this option to name one for each model."
        ),
    ] = [],
    importance: Annotated[
        ImportanceKind | None,
        typer.Option(
            help="Measure the importance of filters on the protocol: by gradients (fast), or by "
            "ablation as well (slow)."
        ),
    ] = None,
    subset: Annotated[
        Subset | None,
        typer.Option(
            help="Subset of the protocol to measure importance and attention on. Defaults to "
            "development."
        ),
    ] = None,
    weighted: Annotated[
        bool,
        typer.Option("--weighted", help="Weight filters by their importance to compare models."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Directory to write. For a single model, defaults to `filters` in its directory, "
            "or to `<checkpoint without suffix>.filters` beside its checkpoint.",
            callback=expanded,
        ),
    ] = None,
    at: Annotated[
        float,
        typer.Option(
            min=1.0,
            help="Frequency around which octaves are counted, and kernels are centred, in hertz.",
        ),
    ] = REFERENCE_FREQUENCY,
    format: Annotated[PictureFormat, typer.Option(help="Format of pictures.")] = PictureFormat.PNG,
    registry: Registry = None,
    gpu: Gpu = None,
    trust: Trust = False,
) -> None:
    """Report on the filters, bands and attention of trained models, and on their changes."""
    if out is None and len(models) > 1:
        raise ValueError("several models need a directory for their report; add --out")
    if subset is not None and not protocol:
        raise ValueError("--subset needs --protocol")
    with lasting_imports():
        from pyannote_strf.cli.progress import progress_bars
        from pyannote_strf.database.protocols import load_registry
        from pyannote_strf.reports.filters import report

    if protocol or registry is not None:
        load_registry(registry)
    with progress_bars() as progress:
        found = report(
            models,
            out or _default_directory(models[0]),
            protocols=protocol,
            subset=(subset or Subset.DEVELOPMENT).value,
            kind=importance and importance.value,
            weighted=weighted,
            at=at,
            suffix=format.value,
            device=device(gpu),
            progress=progress,
            trust=trust,
        )

    console = Console()
    if any(model.quartiles for model in found.models):
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


def _default_directory(model: Path) -> Path:
    """Return the directory to write for a single model."""
    return model / "filters" if model.is_dir() else model.with_suffix(".filters")


def _table(models: Sequence[ModelReport]) -> Table:
    """Return a table with the quartiles of one model, or the medians of several."""
    # slow import, which `--help` does not need
    from pyannote_strf.reports.part import as_text

    if len(models) == 1:
        table = _folding(models[0].name, ["lower quartile", "median", "upper quartile"])
        for name, row in models[0].quartiles.items():
            table.add_row(name, *map(as_text, row.values()))
        return table
    rows = [model.quartiles for model in models]
    shown = [name for name in SHOWN_PROPERTIES if any(name in row for row in rows)]
    table = _folding("median", shown)
    for model in models:
        found = model.quartiles
        medians = (as_text(found[name]["median"]) if name in found else "" for name in shown)
        table.add_row(Text(model.name), *medians)
    return table


def _folding(first: str, names: list[str]) -> Table:
    """Return an empty table whose columns fold long text."""
    table = Table()
    for name in [first, *names]:
        table.add_column(Text(name), overflow="fold")
    return table
