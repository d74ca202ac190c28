"""Commands of an application: `init`, `train`, `validate`, `apply`, `predict`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyannote_strf.applications.base import Application
from pyannote_strf.applications.template import write_config
from pyannote_strf.cli.cross_validate import cross_validate
from pyannote_strf.cli.memory import lasting_imports
from pyannote_strf.cli.options import (
    Batch,
    Every,
    FromEpoch,
    Gpu,
    ModelArgument,
    Parallel,
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
    expanded,
)
from pyannote_strf.cli.signatures import dataclass_options, option, with_parameters
from pyannote_strf.cli.tables import print_table
from pyannote_strf.experiment.defaults import FIRST_EPOCH, LAST_EPOCH, SEED
from pyannote_strf.files import check_writable

if TYPE_CHECKING:
    # slow import, which `--help` does not need
    from pyannote_strf.applications.load import Loaded

# failures that `predict` lists
MOST_FAILURES = 20


def build(application: Application) -> typer.Typer:
    """Build the commands of an application."""
    app = typer.Typer(help=application.title, no_args_is_help=True)
    commands: list[Callable] = [init, train, validate, apply, predict]
    if application.has_folds:
        commands.append(cross_validate)
    for command in commands:
        app.command(command.__name__.replace("_", "-"), help=inspect.getdoc(command))(
            _command(command, application)
        )
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
            help="Last completed epoch, to resume training; 0 starts from scratch. To resume from "
            "an earlier one, move later checkpoints out of weights/.",
        ),
    ] = str(FIRST_EPOCH),
    to: Annotated[int, typer.Option(min=1, help="Epoch to train to.")] = LAST_EPOCH,
    batch: Batch = None,
    parallel: Parallel = None,
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
    pretrained: Annotated[
        Path | None,
        typer.Option(
            help="Trained model with initial weights, of the same architecture: a checkpoint, a "
            "directory from `validate`, or an experiment directory.",
            callback=expanded,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = SEED,
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
        typer.echo(f"{stopped}; {stopped.remedy}", err=True)
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
    metric: StrEnum | None,
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
            metric=None if metric is None else metric.value,
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
    print_table(["epoch", best.metric.replace("_", " ")], rows)
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
        print_table(result.header, result.rows)
    for note in result.notes:
        typer.echo(note)
    for path in result.paths:
        typer.echo(f"Wrote {path}")


def predict(
    application: Application,
    model: ModelArgument,
    audio: Annotated[
        list[str],
        typer.Argument(
            metavar="AUDIO",
            help="Files, folders, patterns such as 'calls/**/*.wav', or - for a WAV file on "
            "standard input.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Directory to write. By default, the result of one file is printed.",
            callback=expanded,
        ),
    ] = None,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Skip files that have all their outputs.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of processes, which share all cores. Defaults to half the number of cores "
            "for ten minutes of audio or more on a CPU, and otherwise to 1.",
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Process the I-th of N parts of the files."),
    ] = None,
    channel: Annotated[
        int | None,
        typer.Option(
            min=0, help="Channel to read, counted from 0. Defaults to the mean of all channels."
        ),
    ] = None,
    gpu: Gpu = None,
    trust: Trust = False,
    **options: Any,
) -> None:
    """Process audio files that are in no protocol."""
    from pyannote_strf.applications import sources

    chosen = application.PredictOptions(**options)
    if out is None:
        _check_needs_out(skip_existing=skip_existing or None, jobs=jobs, shard=shard)
    found = sources.find_sources(audio)
    if out is not None:
        found = sources.distinct_outputs(found, application.suffixes(chosen))
        check_writable(out)
    if shard is not None:
        found = sources.shard(found, shard)
    with lasting_imports():
        from pyannote_strf.applications.load import load
        from pyannote_strf.applications.predict import FilePredictor
        from pyannote_strf.applications.predict import predict as run
        from pyannote_strf.cli.progress import progress_bars

    if out is None:
        loaded = load(model, application, chosen, device(gpu), trust)
        _say_defaults(loaded)
        files = [source.file(channel) for source in found]
        typer.echo(application.show(loaded.pipeline, files, chosen), nl=False)
        return
    predictor = FilePredictor(
        application.name, model, out, chosen, channel, skip_existing, str(device(gpu)), trust
    )
    _say_defaults(predictor.loaded)
    with progress_bars() as progress:
        failures = run(predictor, found, jobs, progress)
    typer.echo(f"Results of {len(found) - len(failures)} of {len(found)} files are in {out}")
    if failures:
        for failure in failures[:MOST_FAILURES]:
            typer.echo(failure.reason, err=True)
        if len(failures) > MOST_FAILURES:
            typer.echo(f"and {len(failures) - MOST_FAILURES} more", err=True)
        raise ValueError(f"{len(failures)} of {len(found)} files failed: see above")


def _check_needs_out(**options: Any) -> None:
    """Check that no option is given that needs an output directory."""
    for name, value in options.items():
        if value is not None:
            raise ValueError(f"--{name.replace('_', '-')} needs a directory for results; add --out")


def _say_defaults(loaded: Loaded) -> None:
    """Name the hyper-parameters of a model that is not tuned."""
    values = loaded.pipeline.parameters(instantiated=True)
    if values and not loaded.tuned:
        listed = ", ".join(f"{name} {value:g}" for name, value in values.items())
        typer.echo(f"The model is not tuned. Default hyper-parameters are used: {listed}", err=True)


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
        text = "Metric to compare epochs by. Defaults to the first one that suits the data."
        annotation = Annotated[metrics | None, typer.Option(help=text)]
        parameters.append(option("metric", None, annotation))
        parameters += dataclass_options(application.ValidateOptions)
    elif function is apply:
        parameters += dataclass_options(application.ApplyOptions)
    elif function is predict:
        parameters += dataclass_options(application.PredictOptions)

    def command(**arguments: Any) -> None:
        function(application, **arguments)

    return with_parameters(command, parameters)
