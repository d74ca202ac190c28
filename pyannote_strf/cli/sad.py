"""`pyannote-strf sad`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="Speech activity detection.", no_args_is_help=True)

Root = Annotated[Path, typer.Argument(help="Experiment directory, with its config.yml.")]
TrainDirArgument = Annotated[
    Path, typer.Argument(help="What `train` made: <root>/train/<protocol>.<subset>.")
]
ValidateDirArgument = Annotated[
    Path,
    typer.Argument(help="What `validate` made: <train_dir>/validate_<metric>/<protocol>.<subset>."),
]
ProtocolName = Annotated[
    str, typer.Argument(help="Protocol, e.g. AMI.SpeakerDiarization.MixHeadset.")
]
Registry = Annotated[
    Path | None,
    typer.Option(help="A database.yml, beside those of PYANNOTE_DATABASE_CONFIG.", metavar="FILE"),
]
Gpu = Annotated[
    bool | None,
    typer.Option("--gpu/--cpu", help="Where to run. Defaults to a GPU if there is one."),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show warnings, and the traceback of errors.")]
Step = Annotated[
    float | None,
    typer.Option(
        min=0.01, max=1.0, help="Between successive chunks, as a ratio of their duration."
    ),
]


@app.command()
def init(root: Root) -> None:
    """Write a commented config.yml to start from."""
    from pyannote_strf.experiment.template import write_default_config

    typer.echo(f"Wrote {write_default_config(root)}")


@app.command()
def train(
    root: Root,
    protocol: ProtocolName,
    subset: Annotated[str, typer.Option(help="What to train on.")] = "train",
    from_: Annotated[
        str, typer.Option("--from", metavar="EPOCH|last", help="Epoch to resume from.")
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
    pretrained: Annotated[
        Path | None, typer.Option(help="Checkpoint to start from (unpickled: trust its origin).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = 0,
    registry: Registry = None,
    debug: Debug = False,
) -> None:
    """Train a model, one checkpoint per epoch."""
    from pyannote_strf.experiment.protocols import load_registry
    from pyannote_strf.experiment.train import train as run

    load_registry(registry)
    train_dir = run(
        root,
        protocol,
        subset=subset,
        start=_epoch_or_last(from_),
        end=to,
        batch_size=batch,
        num_workers=parallel,
        pretrained=pretrained,
        seed=seed,
        accelerator={None: "auto", True: _existing_gpu(gpu), False: "cpu"}[gpu],
        devices=devices,
        num_nodes=num_nodes,
        strategy=strategy,
    )
    typer.echo(f"Trained to epoch {to}: {train_dir.path}")


@app.command()
def validate(
    train_dir: TrainDirArgument,
    protocol: ProtocolName,
    subset: Annotated[str, typer.Option(help="What to validate on.")] = "development",
    from_: Annotated[int, typer.Option("--from", min=1, help="First epoch.")] = 1,
    to: Annotated[
        int | None, typer.Option(help="Last epoch. Defaults to the last one trained.")
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Validate one epoch out of that many.")] = 1,
    metric: Annotated[
        str, typer.Option(help="detection_fscore or detection_error_rate.")
    ] = "detection_fscore",
    trials: Annotated[
        int | None, typer.Option(min=1, help="Trials of the final tuning. Defaults to 200.")
    ] = None,
    step: Step = None,
    gpu: Gpu = None,
    registry: Registry = None,
    debug: Debug = False,
) -> None:
    """Choose the best epoch and tune the pipeline on it."""
    from pyannote_strf.cli.progress import progress_bars
    from pyannote_strf.experiment.layout import METRICS, TrainDir
    from pyannote_strf.experiment.protocols import load_registry
    from pyannote_strf.experiment.validate import NUM_TRIALS, load_params
    from pyannote_strf.experiment.validate import validate as run

    if metric not in METRICS:
        raise ValueError(f"--metric must be one of {', '.join(METRICS)}, got {metric!r}")
    load_registry(registry)
    existing = TrainDir.existing(train_dir)
    epochs = [e for e in existing.epochs() if e >= from_ and (to is None or e <= to)][::every]
    if not epochs:
        raise ValueError(
            f"{train_dir}: no epoch between {from_} and {to or 'the last'}; "
            f"there are {existing.epochs()[0]} to {existing.epochs()[-1]}"
        )
    with progress_bars() as progress:
        validate_dir, values = run(
            existing,
            protocol,
            subset=subset,
            metric=metric,
            epochs=epochs,
            step=step or 0.25,
            num_trials=trials or NUM_TRIALS,
            device=_device(gpu),
            progress=progress,
        )

    best, _, parameters = load_params(validate_dir)
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
    subset: Annotated[str, typer.Option(help="What to process.")] = "test",
    step: Step = None,
    scores: Annotated[
        bool, typer.Option("--scores", help="Keep raw scores of each file too.")
    ] = False,
    gpu: Gpu = None,
    registry: Registry = None,
    debug: Debug = False,
) -> None:
    """Detect speech in every file of a protocol, and evaluate it."""
    from pyannote_strf.cli.progress import progress_bars
    from pyannote_strf.experiment.apply import apply as run
    from pyannote_strf.experiment.layout import ValidateDir
    from pyannote_strf.experiment.protocols import load_registry

    load_registry(registry)
    with progress_bars() as progress:
        applied = run(
            ValidateDir.existing(validate_dir),
            protocol,
            subset=subset,
            step=step,
            scores=scores,
            device=_device(gpu),
            progress=progress,
        )
    if applied.metric is not None:
        typer.echo(str(applied.metric))
        typer.echo(f"Wrote {applied.evaluation}")
    typer.echo(f"Wrote {applied.rttm}")


def _epoch_or_last(text: str) -> int | str:
    if text == "last":
        return text
    if text.isdigit():
        return int(text)
    raise ValueError(f"--from must be an epoch or `last`, got {text!r}")


def _existing_gpu(wanted: bool | None) -> str:
    import torch

    if wanted and not (torch.cuda.is_available() or torch.backends.mps.is_available()):
        raise ValueError("--gpu: no GPU was found here; leave it out, or say --cpu")
    return "gpu"


def _device(gpu: bool | None):
    import torch

    _existing_gpu(gpu)
    if gpu is not False and torch.cuda.is_available():
        return torch.device("cuda")
    if gpu is not False and torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
