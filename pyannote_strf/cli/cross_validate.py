"""`cross-validate`, a command of applications."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from pyannote_strf.applications.base import Application
from pyannote_strf.applications.tables import shown
from pyannote_strf.cli.memory import lasting_imports
from pyannote_strf.cli.options import (
    Batch,
    Gpu,
    Parallel,
    Registry,
    Root,
    Trust,
    accelerator,
    device,
)
from pyannote_strf.cli.tables import print_table
from pyannote_strf.experiment.defaults import LAST_EPOCH, SEED


class Epoch(StrEnum):
    """Epochs to apply."""

    BEST = "best"
    LAST = "last"


def cross_validate(
    application: Application,
    root: Root,
    protocol: Annotated[
        str,
        typer.Argument(
            help="Beginning of the names of the protocols: ESC10.Protocol for "
            "ESC10.Protocol.Fold1, ESC10.Protocol.Fold2 and so on."
        ),
    ],
    to: Annotated[int, typer.Option(min=1, help="Epoch to train to.")] = LAST_EPOCH,
    epoch: Annotated[
        Epoch,
        typer.Option(
            help="Epoch to apply: the best one on the development subset, or on the next fold if "
            "there is none; or the last one, trained on all other folds."
        ),
    ] = Epoch.BEST,
    seed: Annotated[
        list[int], typer.Option(help="Seed of all random numbers. Repeat for several.")
    ] = [SEED],
    batch: Batch = None,
    parallel: Parallel = None,
    gpu: Gpu = None,
    registry: Registry = None,
    trust: Trust = False,
) -> None:
    """Train, validate and apply a model for every fold of a protocol."""
    with lasting_imports():
        from pyannote_strf.applications.cross_validate import Training, results_dir, table
        from pyannote_strf.applications.cross_validate import cross_validate as run
        from pyannote_strf.cli.progress import progress_bars
        from pyannote_strf.database.protocols import load_registry
        from pyannote_strf.experiment.run import Stopped

    load_registry(registry)
    options = {
        "batch_size": batch,
        "num_workers": parallel,
        "accelerator": accelerator(gpu),
        # other processes of a training would run this command again
        "devices": 1,
    }
    try:
        results = run(
            application,
            root,
            protocol,
            Training(to, options),
            seed,
            epoch is Epoch.LAST,
            device(gpu),
            typer.echo,
            progress_bars,
            trust,
        )
    except Stopped as stopped:
        typer.echo(f"{stopped}; run the same command again", err=True)
        raise typer.Exit(stopped.exit_code) from None
    header, rows = table(results)
    print_table([name.replace("_", " ") for name in header], [_shown(header, row) for row in rows])
    typer.echo(f"Wrote {results_dir(root, epoch is Epoch.LAST) / f'{protocol}.csv'}")


def _shown(header: list[str], row: list[str]) -> list[str]:
    """Return a row with metrics as they are shown.

    >>> _shown(["seed", "protocol", "accuracy", "roc_auc"], ["0", "mean", "0.812500", ""])
    ['0', 'mean', '81.25 %', '']
    """
    values = zip(header[2:], row[2:])
    return [*row[:2], *(shown(name, float(value)) if value else "" for name, value in values)]
