"""Commands of an application: `init`, `train`, `validate` and `apply`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
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
    SUBSETS,
    Debug,
    Every,
    FromEpoch,
    Gpu,
    ProtocolName,
    Registry,
    Root,
    ToEpoch,
    TrainDirArgument,
    Trust,
    ValidateDirArgument,
    device,
    epoch_or_last,
    existing_gpu,
)


def build(application: Application) -> typer.Typer:
    """Build the commands of an application."""
    app = typer.Typer(help=application.title, no_args_is_help=True)
    for command in (init, train, validate, apply):
        app.command(command.__name__, help=inspect.getdoc(command))(_command(command, application))
    return app


def init(application: Application, root: Root, debug: Debug = False) -> None:
    """Write a commented config.yml to start from."""
    typer.echo(f"Wrote {write_config(root, application.template)}")


def train(
    application: Application,
    root: Root,
    protocol: ProtocolName,
    subset: Annotated[str, typer.Option(metavar=SUBSETS, help="What to train on.")] = "train",
    from_: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="EPOCH|last",
            help="Epoch to resume from: the last one there is. To go back, move later ones out of weights/.",
        ),
    ] = "0",
    to: Annotated[int, typer.Option(min=1, help="Epoch to train to.")] = 100,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Batch size. Defaults to that of config.yml.")
    ] = None,
    parallel: Annotated[
        int | None,
        typer.Option(min=0, help="Processes that load data. Defaults to half the number of cores."),
    ] = None,
    gpu: Gpu = None,
    devices: Annotated[
        str, typer.Option(help="Number of devices, or which; given to Lightning.")
    ] = "auto",
    num_nodes: Annotated[
        int, typer.Option(min=1, help="Number of machines; given to Lightning.")
    ] = 1,
    strategy: Annotated[str, typer.Option(help='e.g. "ddp"; given to Lightning.')] = "auto",
    pretrained: Annotated[Path | None, typer.Option(help="Checkpoint to start from.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = 0,
    registry: Registry = None,
    trust: Trust = False,
    debug: Debug = False,
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
            subset=subset,
            start=epoch_or_last("--from", from_),
            end=to,
            batch_size=batch,
            num_workers=parallel,
            pretrained=pretrained,
            seed=seed,
            trust=trust,
            accelerator={None: "auto", True: existing_gpu(gpu), False: "cpu"}[gpu],
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
    subset: Annotated[
        str, typer.Option(metavar=SUBSETS, help="What to validate on.")
    ] = "development",
    from_: FromEpoch = "0",
    to: ToEpoch = "last",
    every: Every = 1,
    metric: str | None = None,
    gpu: Gpu = None,
    registry: Registry = None,
    trust: Trust = False,
    debug: Debug = False,
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
            subset=subset,
            metric=metric,
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
    subset: Annotated[str, typer.Option(metavar=SUBSETS, help="What to process.")] = "test",
    gpu: Gpu = None,
    registry: Registry = None,
    trust: Trust = False,
    debug: Debug = False,
    **options: Any,
) -> None:
    """Process a subset with the best epoch, and evaluate what comes out."""
    with lasting_imports():
        from pyannote_strf.applications.apply import apply as run
        from pyannote_strf.cli.progress import progress_bars
        from pyannote_strf.database.protocols import load_registry
        from pyannote_strf.experiment.directories import ValidateDir

    load_registry(registry)
    with progress_bars() as progress:
        applied = run(
            application,
            ValidateDir.existing(validate_dir),
            protocol,
            subset=subset,
            options=application.ApplyOptions(**options),
            device=device(gpu),
            progress=progress,
            trust=trust,
        )
    if applied.header:
        _print_table(applied.header, applied.rows)
    for note in applied.notes:
        typer.echo(note)
    for path in applied.paths:
        typer.echo(f"Wrote {path}")


def _command(function: Callable, application: Application) -> Callable:
    """A function whose signature holds the options of an application in the place of `**options`."""
    own = {"validate": application.ValidateOptions, "apply": application.ApplyOptions}
    hints = get_type_hints(function, include_extras=True)
    parameters = [
        parameter.replace(annotation=hints[name])
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in ("application", "metric", "options")
    ]
    if function is validate:
        first, *others = application.metrics
        text = f"What epochs are compared by: {' or '.join([first, *others])}."
        parameters.append(_option("metric", first, Annotated[str, typer.Option(help=text)]))
    if function.__name__ in own:
        options = own[function.__name__]
        of_options = get_type_hints(options, include_extras=True)
        parameters += [
            _option(field.name, field.default, of_options[field.name]) for field in fields(options)
        ]

    def command(**arguments: Any) -> None:
        function(application, **arguments)

    command.__signature__ = inspect.Signature(parameters)
    command.__annotations__ = {own.name: own.annotation for own in parameters}
    return command


def _option(name: str, default: Any, annotation: Any) -> inspect.Parameter:
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, keyword, default=default, annotation=annotation)


def _print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table()
    for name in header:
        table.add_column(Text(name))
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
