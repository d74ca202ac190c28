"""`pyannote-strf {sad,emb} train`: what is trained is for config.yml to say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyannote_strf.cli.memory import lasting_imports
from pyannote_strf.cli.options import (
    Debug,
    Gpu,
    ProtocolName,
    Registry,
    Root,
    Trust,
    epoch_or_last,
    existing_gpu,
)


def train(
    root: Root,
    protocol: ProtocolName,
    subset: Annotated[str, typer.Option(help="What to train on.")] = "train",
    from_: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="EPOCH|last",
            help="Epoch to resume from: the last one there is. Remove those after it to go back.",
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
