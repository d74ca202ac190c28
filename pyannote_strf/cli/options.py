"""Arguments and options that commands share."""

from __future__ import annotations

import reprlib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    # slow import, which `--help` does not need
    import torch


class Subset(StrEnum):
    """Subsets of a protocol."""

    TRAIN = "train"
    DEVELOPMENT = "development"
    TEST = "test"


def expanded(path: Path | None) -> Path | None:
    """Replace `~`, which shells do not replace after `=`."""
    return path and path.expanduser()


Root = Annotated[Path, typer.Argument(help="Experiment directory. `init` writes its config.yml.")]
TrainDirArgument = Annotated[
    Path, typer.Argument(help="Directory from `train`: <root>/train/<protocol>.<subset>.")
]
ValidateDirArgument = Annotated[
    Path,
    typer.Argument(
        help="Directory from `validate`: <train_dir>/validate_<metric>/<protocol>.<subset>."
    ),
]
ModelArgument = Annotated[
    Path,
    typer.Argument(
        help="Trained model: a directory from `validate` (its best epoch, tuned), an experiment "
        "directory, or a checkpoint."
    ),
]
ProtocolName = Annotated[
    str, typer.Argument(help="Name of a protocol. `pyannote-strf protocols list` shows all.")
]
Registry = Annotated[
    Path | None,
    typer.Option(
        help="A database.yml, in addition to those of PYANNOTE_DATABASE_CONFIG.",
        metavar="FILE",
        callback=expanded,
    ),
]
Gpu = Annotated[
    bool | None,
    typer.Option("--gpu/--cpu", help="Device to run on. Defaults to a GPU if one is available."),
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Allow config.yml and checkpoints to run code outside pyannote.audio, torch and "
        "plug-ins.",
    ),
]
Batch = Annotated[
    int | None, typer.Option(min=1, help="Batch size. Defaults to that of config.yml.")
]
Parallel = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Number of data loading processes. Defaults to the value in config.yml, or half the "
        "number of cores.",
    ),
]
FromEpoch = Annotated[str, typer.Option("--from", metavar="EPOCH|last", help="First epoch.")]
ToEpoch = Annotated[str, typer.Option("--to", metavar="EPOCH|last", help="Last epoch.")]
Every = Annotated[
    int, typer.Option(min=1, help="Step between epochs, e.g. 10 for epochs 10, 20, 30.")
]


def epoch_or_last(option: str, text: str) -> int | str:
    """Parse an epoch, or "last".

    Raises
    ------
    ValueError
        If the text is neither.
    """
    if text == "last":
        return text
    if text.isdigit():
        return int(text)
    raise ValueError(f"{option} must be an epoch or `last`, got {reprlib.repr(text)}")


def accelerator(gpu: bool | None) -> str:
    """Return the Lightning accelerator for `--gpu` (True), `--cpu` (False), or neither (None).

    Raises
    ------
    ValueError
        If a GPU is asked for and none is available.
    """
    import torch

    if gpu and not (torch.cuda.is_available() or torch.backends.mps.is_available()):
        raise ValueError("--gpu: no GPU was found; use --cpu instead")
    return {None: "auto", True: "gpu", False: "cpu"}[gpu]


def device(gpu: bool | None) -> torch.device:
    """Return the device for `--gpu` (True), `--cpu` (False), or neither (None).

    Raises
    ------
    ValueError
        If a GPU is asked for and none is available.
    """
    import torch

    accelerator(gpu)
    if gpu is not False and torch.cuda.is_available():
        return torch.device("cuda")
    if gpu is not False and torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
