"""Arguments and options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SUBSETS = "train|development|test"

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
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Run what config.yml and checkpoints name outside pyannote.audio, torch and plug-ins.",
    ),
]
FromEpoch = Annotated[str, typer.Option("--from", metavar="EPOCH|last", help="First epoch.")]
ToEpoch = Annotated[str, typer.Option("--to", metavar="EPOCH|last", help="Last epoch.")]
Every = Annotated[
    int, typer.Option(min=1, help="Validate one epoch out of that many, counted from the first.")
]


def epoch_or_last(option: str, text: str) -> int | str:
    """
    Raises
    ------
    ValueError
        If it is neither.
    """
    if text == "last":
        return text
    if text.isdigit():
        return int(text)
    raise ValueError(f"{option} must be an epoch or `last`, got {text!r}")


def existing_gpu(wanted: bool | None) -> str:
    import torch

    if wanted and not (torch.cuda.is_available() or torch.backends.mps.is_available()):
        raise ValueError("--gpu: no GPU was found here; leave it out, or say --cpu")
    return "gpu"


def device(gpu: bool | None):
    import torch

    existing_gpu(gpu)
    if gpu is not False and torch.cuda.is_available():
        return torch.device("cuda")
    if gpu is not False and torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
