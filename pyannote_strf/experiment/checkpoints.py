"""Checkpoints, written and read."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from pyannote.audio import Model
from pyannote.audio.core.task import Problem

from pyannote_strf.audio import Audio
from pyannote_strf.checks import describe
from pyannote_strf.files import replaces


def load_model(checkpoint: Path) -> Model:
    """Load a checkpoint, of this package's models or of upstream's.

    Raises
    ------
    ValueError
        If there is no such file, or it is not a model.
    """
    if not checkpoint.is_file():
        raise ValueError(f"{checkpoint}: no such checkpoint")
    try:
        model = Model.from_pretrained(checkpoint)
    except Exception as error:
        # unpickling something that is not a checkpoint raises nearly anything
        raise ValueError(
            f"{checkpoint}: not a pyannote.audio checkpoint, or part of one "
            f"({describe(error).partition('. ')[0]}); remove it"
        ) from error
    model.audio = Audio(sample_rate=model.hparams.sample_rate, mono="downmix")
    return model


def load_model_for(checkpoint: Path, embeds: bool) -> Model:
    """Load a model that gives embeddings, or one that does not.

    Raises
    ------
    ValueError
        If it is the other kind.
    """
    model = load_model(checkpoint)
    if (model.specifications.problem == Problem.REPRESENTATION) != embeds:
        kind, command = ("speakers", "emb") if not embeds else ("speech activity", "sad")
        raise ValueError(f"{checkpoint}: a model of {kind}; use `pyannote-strf {command}`")
    return model


class WholeCheckpointIO(TorchCheckpointIO):
    """Lightning's checkpoint reader, with a writer that leaves no partial file.

    Lightning 2.6 moves a temporary file from the system's temporary folder: where that is another
    disk, a full target is left with a truncated checkpoint.
    """

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | Path,
        storage_options: Callable | None = None,
    ) -> None:
        content = io.BytesIO()
        torch.save(checkpoint, content)
        with replaces(Path(path)) as temporary:
            temporary.write_bytes(content.getbuffer())
