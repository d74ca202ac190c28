"""`pyannote-strf emb`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pyannote_strf.cli.memory import lasting_imports
from pyannote_strf.cli.options import (
    AppliedSubset,
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
    ValidationSubset,
    device,
    epoch_or_last,
)
from pyannote_strf.cli.train import train

app = typer.Typer(help="Speaker embedding and verification.", no_args_is_help=True)
app.command()(train)


@app.command()
def init(root: Root, debug: Debug = False) -> None:
    """Write a commented config.yml to start from."""
    from pyannote_strf.experiment.template import write_default_config

    typer.echo(f"Wrote {write_default_config(root, 'emb')}")


@app.command()
def validate(
    train_dir: TrainDirArgument,
    protocol: ProtocolName,
    subset: ValidationSubset = "development",
    from_: FromEpoch = "0",
    to: ToEpoch = "last",
    every: Every = 1,
    gpu: Gpu = None,
    registry: Registry = None,
    trust: Trust = False,
    debug: Debug = False,
) -> None:
    """Choose the epoch of the least equal error rate on trials, and its threshold."""
    with lasting_imports():
        from pyannote_strf.applications.emb.validate import validate as run
        from pyannote_strf.cli.progress import progress_bars
        from pyannote_strf.database.protocols import load_registry
        from pyannote_strf.experiment.layout import TrainDir
        from pyannote_strf.experiment.params import load_params

    load_registry(registry)
    existing = TrainDir.existing(train_dir)
    with progress_bars() as progress:
        validate_dir, values = run(
            existing,
            protocol,
            subset=subset,
            epochs=existing.select(
                epoch_or_last("--from", from_), epoch_or_last("--to", to), every
            ),
            device=device(gpu),
            progress=progress,
            trust=trust,
        )
    best, parameters = load_params(validate_dir)
    table = Table("epoch", "equal error rate")
    for epoch, value in values.items():
        table.add_row(str(epoch), f"{100 * value:.2f} %{' (best)' if epoch == best else ''}")
    Console().print(table)
    for name, value in parameters.items():
        typer.echo(f"{name}: {value:.3f}")
    typer.echo(f"Wrote {validate_dir.params}")


@app.command()
def apply(
    validate_dir: ValidateDirArgument,
    protocol: ProtocolName,
    subset: AppliedSubset = "test",
    s_norm: Annotated[
        bool,
        typer.Option(
            "--s-norm/--raw", help="Also normalise scores by the speakers that were trained on."
        ),
    ] = True,
    gpu: Gpu = None,
    registry: Registry = None,
    trust: Trust = False,
    debug: Debug = False,
) -> None:
    """Score every trial of a protocol, and evaluate the scores."""
    with lasting_imports():
        from pyannote_strf.applications.emb.apply import TARGET_PRIORS
        from pyannote_strf.applications.emb.apply import apply as run
        from pyannote_strf.cli.progress import progress_bars
        from pyannote_strf.database.protocols import load_registry
        from pyannote_strf.experiment.layout import ValidateDir

    load_registry(registry)
    with progress_bars() as progress:
        applied = run(
            ValidateDir.existing(validate_dir),
            protocol,
            subset=subset,
            s_norm=s_norm,
            device=device(gpu),
            progress=progress,
            trust=trust,
        )
    table = Table("scores", "EER", "95 %", *(f"minDCF({prior})" for prior in TARGET_PRIORS))
    for kind, errors in applied.errors.items():
        interval = "speakers unknown"
        if errors.interval:
            interval = " to ".join(f"{100 * edge:.2f}" for edge in errors.interval) + " %"
        costs = (f"{cost:.3f}" for cost in errors.min_detection_costs.values())
        table.add_row(kind, f"{100 * errors.equal_error_rate:.2f} %", interval, *costs)
    Console().print(table)
    if s_norm:
        typer.echo(f"s-norm: by {applied.cohort} speakers that were trained on")
    for path in (applied.scores, applied.evaluation, applied.picture):
        typer.echo(f"Wrote {path}")
