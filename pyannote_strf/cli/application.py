"""Commands of an application: `init`, `train`, `validate` and `apply`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pyannote_strf.applications.base import Application
from pyannote_strf.applications.template import write_config
from pyannote_strf.cli.memory import lasting_imports
from pyannote_strf.cli.options import (
    Every,
    FromEpoch,
    Gpu,
    ProtocolName,
    Registry,
    Root,
    Subset,
    ToEpoch,
    TrainDirArgument,
    Trust,
    ValidateDirArgument,
    accelerator,
    device,
    epoch_or_last,
)
from pyannote_strf.cli.signatures import option, with_parameters


def build(application: Application) -> typer.Typer:
    """Build the commands of an application."""
    app = typer.Typer(help=application.title, no_args_is_help=True)
    for command in (init, train, validate, apply):
        app.command(command.__name__, help=inspect.getdoc(command))(_command(command, application))
    return app


def init(application: Application, root: Root) -> None:
    """Write a commented config.yml."""
    typer.echo(f"Wrote {write_config(root, application.template)}")


def train(
    application: Application,
    root: Root,
    protocol: ProtocolName,
    subset: Annotated[Subset, typer.Option(help="Subset to train on.")] = Subset.TRAIN,
    from_: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="EPOCH|last",
            help="Last completed epoch, to resume training. To resume from an earlier one, move "
            "later checkpoints out of weights/.",
        ),
    ] = "0",
    to: Annotated[int, typer.Option(min=1, help="Epoch to train to.")] = 100,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Batch size. Defaults to that of config.yml.")
    ] = None,
    parallel: Annotated[
        int | None,
        typer.Option(
            min=0, help="Number of data loading processes. Defaults to half the number of cores."
        ),
    ] = None,
    gpu: Gpu = None,
    devices: Annotated[
        str, typer.Option(help="Number or indices of devices, passed to Lightning.")
    ] = "auto",
    num_nodes: Annotated[
        int, typer.Option(min=1, help="Number of machines, passed to Lightning.")
    ] = 1,
    strategy: Annotated[
        str, typer.Option(help='Strategy, e.g. "ddp", passed to Lightning.')
    ] = "auto",
    pretrained: Annotated[Path | None, typer.Option(help="Checkpoint to start from.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = 0,
    registry: Registry = None,
    trust: Trust = False,
) -> None:
    """Train a model, one checkpoint per epoch."""
    with lasting_imports():
        from pyannote_strf.database.protocols import load_registry
        from pyannote_strf.experiment.run import Stopped
        from pyannote_strf.experiment.train import train as run

    load_registry(registry)
    try:
        train_dir = run(
            application,
            root,
            protocol,
            subset=subset.value,
            start=epoch_or_last("--from", from_),
            end=to,
            batch_size=batch,
            num_workers=parallel,
            pretrained=pretrained,
            seed=seed,
            trust=trust,
            accelerator=accelerator(gpu),
            devices=devices,
            num_nodes=num_nodes,
            strategy=strategy,
        )
    except Stopped as stopped:
        typer.echo(stopped, err=True)
        raise typer.Exit(stopped.exit_code) from None
    typer.echo(f"Trained to epoch {train_dir.epochs()[-1]}: {train_dir.path}")


def validate(
    application: Application,
    train_dir: TrainDirArgument,
    protocol: ProtocolName,
    subset: Annotated[Subset, typer.Option(help="Subset to validate on.")] = Subset.DEVELOPMENT,
    from_: FromEpoch = "0",
    to: ToEpoch = "last",
    every: Every = 1,
    gpu: Gpu = None,
    registry: Registry = None,
    trust: Trust = False,
    *,
    metric: StrEnum,
    **options: Any,
) -> None:
    """Choose the best epoch, and tune hyper-parameters on it."""
    with lasting_imports():
        from pyannote_strf.applications.validate import validate as run
        from pyannote_strf.cli.progress import progress_bars
        from pyannote_strf.database.protocols import load_registry
        from pyannote_strf.experiment.directories import TrainDir
        from pyannote_strf.experiment.records import Params

    load_registry(registry)
    existing = TrainDir.existing(train_dir)
    with progress_bars() as progress:
        validate_dir, values = run(
            application,
            existing,
            protocol,
            subset=subset.value,
            metric=metric.value,
            epochs=existing.select(
                epoch_or_last("--from", from_), epoch_or_last("--to", to), every
            ),
            options=application.ValidateOptions(**options),
            device=device(gpu),
            progress=progress,
            trust=trust,
        )
    best = Params.read(validate_dir.params)
    rows = [
        [str(epoch), f"{100 * value:.2f} %{' (best)' if epoch == best.epoch else ''}"]
        for epoch, value in values.items()
    ]
    _print_table(["epoch", best.metric.replace("_", " ")], rows)
    for name, value in best.params.items():
        typer.echo(f"{name}: {value:.3f}")
    typer.echo(f"Wrote {validate_dir.params}")


def apply(
    application: Application,
    validate_dir: ValidateDirArgument,
    protocol: ProtocolName,
    subset: Annotated[Subset, typer.Option(help="Subset to process.")] = Subset.TEST,
    gpu: Gpu = None,
    registry: Registry = None,
    trust: Trust = False,
    **options: Any,
) -> None:
    """Process a subset with the best epoch, and evaluate the output."""
    with lasting_imports():
        from pyannote_strf.applications.apply import apply as run
        from pyannote_strf.cli.progress import progress_bars
        from pyannote_strf.database.protocols import load_registry
        from pyannote_strf.experiment.directories import ValidateDir

    load_registry(registry)
    with progress_bars() as progress:
        result = run(
            application,
            ValidateDir.existing(validate_dir),
            protocol,
            subset=subset.value,
            options=application.ApplyOptions(**options),
            device=device(gpu),
            progress=progress,
            trust=trust,
        )
    if result.header:
        _print_table(result.header, result.rows)
    for note in result.notes:
        typer.echo(note)
    for path in result.paths:
        typer.echo(f"Wrote {path}")


def _command(function: Callable, application: Application) -> Callable:
    """Bind a command to an application, with the application's options in place of `**options`."""
    parameters = [
        parameter
        for name, parameter in inspect.signature(function, eval_str=True).parameters.items()
        if name not in ("application", "metric", "options")
    ]
    if function is validate:
        # mypy only supports enums with literal members
        metrics = StrEnum("Metric", list(application.metrics))  # type: ignore[misc]
        annotation = Annotated[metrics, typer.Option(help="Metric to compare epochs by.")]
        parameters.append(option("metric", next(iter(metrics)), annotation))
        parameters += _options(application.ValidateOptions)
    elif function is apply:
        parameters += _options(application.ApplyOptions)

    def command(**arguments: Any) -> None:
        function(application, **arguments)

    return with_parameters(command, parameters)


def _options(options: type) -> list[inspect.Parameter]:
    """Return the fields of a dataclass of options as parameters."""
    hints = get_type_hints(options, include_extras=True)
    return [option(field.name, field.default, hints[field.name]) for field in fields(options)]


def _print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table()
    for name in header:
        table.add_column(Text(name))
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
