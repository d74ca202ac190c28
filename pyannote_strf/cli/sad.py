"""`pyannote-strf sad`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pyannote_strf.checks import check_choice
from pyannote_strf.cli.memory import lasting_imports
from pyannote_strf.cli.options import (
    AppliedSubset,
    BatchSize,
    Debug,
    Every,
    FromEpoch,
    Gpu,
    ProtocolName,
    Registry,
    Root,
    Step,
    ToEpoch,
    TrainDirArgument,
    Trust,
    ValidateDirArgument,
    ValidationSubset,
    device,
    epoch_or_last,
)
from pyannote_strf.cli.train import train

app = typer.Typer(help="Speech activity detection.", no_args_is_help=True)
app.command()(train)


@app.command()
def init(root: Root, debug: Debug = False) -> None:
    """Write a commented config.yml to start from."""
    from pyannote_strf.experiment.template import write_default_config

    typer.echo(f"Wrote {write_default_config(root, 'sad')}")


@app.command()
def validate(
    train_dir: TrainDirArgument,
    protocol: ProtocolName,
    subset: ValidationSubset = "development",
    from_: FromEpoch = "0",
    to: ToEpoch = "last",
    every: Every = 1,
    metric: Annotated[
        str, typer.Option(help="detection_fscore or detection_error_rate.")
    ] = "detection_fscore",
    trials: Annotated[
        int | None, typer.Option(min=1, help="Trials of the final tuning. Defaults to 200.")
    ] = None,
    step: Step = None,
    batch: BatchSize = 32,
    gpu: Gpu = None,
    registry: Registry = None,
    trust: Trust = False,
    debug: Debug = False,
) -> None:
    """Choose the best epoch and tune the pipeline on it."""
    with lasting_imports():
        from pyannote_strf.applications.sad.validate import METRICS, NUM_TRIALS
        from pyannote_strf.applications.sad.validate import validate as run
        from pyannote_strf.cli.progress import progress_bars
        from pyannote_strf.database.protocols import load_registry
        from pyannote_strf.experiment.layout import TrainDir
        from pyannote_strf.experiment.params import load_params

    check_choice("--metric", metric, METRICS)
    load_registry(registry)
    existing = TrainDir.existing(train_dir)
    with progress_bars() as progress:
        validate_dir, values = run(
            existing,
            protocol,
            subset=subset,
            metric=metric,
            epochs=existing.select(
                epoch_or_last("--from", from_), epoch_or_last("--to", to), every
            ),
            step=step or 0.25,
            num_trials=trials or NUM_TRIALS,
            batch_size=batch,
            device=device(gpu),
            progress=progress,
            trust=trust,
        )

    best, parameters = load_params(validate_dir)
    table = Table("epoch", metric.replace("_", " "), title="One threshold per epoch")
    for epoch, value in values.items():
        mark = " (best, tuned below)" if epoch == best else ""
        table.add_row(str(epoch), f"{100 * value:.2f} %{mark}")
    Console().print(table)
    for name, value in parameters.items():
        typer.echo(f"{name}: {value:.3f}")
    typer.echo(f"Wrote {validate_dir.params}")


@app.command()
def apply(
    validate_dir: ValidateDirArgument,
    protocol: ProtocolName,
    subset: AppliedSubset = "test",
    step: Step = None,
    batch: BatchSize = 32,
    scores: Annotated[
        bool, typer.Option("--scores", help="Keep raw scores of each file too.")
    ] = False,
    gpu: Gpu = None,
    registry: Registry = None,
    trust: Trust = False,
    debug: Debug = False,
) -> None:
    """Detect speech in every file of a protocol, and evaluate it."""
    with lasting_imports():
        from pyannote_strf.applications.sad.apply import apply as run
        from pyannote_strf.cli.progress import progress_bars
        from pyannote_strf.database.protocols import load_registry
        from pyannote_strf.experiment.layout import ValidateDir

    load_registry(registry)
    with progress_bars() as progress:
        applied = run(
            ValidateDir.existing(validate_dir),
            protocol,
            subset=subset,
            step=step,
            scores=scores,
            batch_size=batch,
            device=device(gpu),
            progress=progress,
            trust=trust,
        )
    if applied.metric is not None:
        typer.echo(str(applied.metric))
        typer.echo(f"Wrote {applied.evaluation}")
    typer.echo(f"Wrote {applied.rttm}")
