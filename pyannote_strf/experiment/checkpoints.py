"""Checkpoints of an experiment."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from pyannote.audio.core.task import Specifications

from pyannote_strf.files import atomic_write
from pyannote_strf.models.checkpoint import read_checkpoint

# what a checkpoint holds of tensors alone
TENSORS = ("state_dict", "optimizer_states")


class AtomicCheckpointIO(TorchCheckpointIO):
    """Lightning's checkpoint reader and writer, which leaves no partial file and runs no code.

    Lightning 2.6 moves a temporary file from the system's temporary folder: where that is another
    disk, a full target is left with a truncated checkpoint.

    Parameters
    ----------
    trust : bool, optional
        Whether to unpickle any class that a checkpoint holds, which may run code. Defaults to False.
    """

    def __init__(self, trust: bool = False):
        self.trust = trust

    def load_checkpoint(
        self,
        path: str | Path,
        map_location: Callable | None = None,
        weights_only: bool | None = None,
    ) -> dict[str, Any]:
        return read_checkpoint(Path(path), self.trust)[1]

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | Path,
        storage_options: Callable | None = None,
    ) -> None:
        content = io.BytesIO()
        plain = {
            key: value if key in TENSORS else _plain(value) for key, value in checkpoint.items()
        }
        torch.save(plain, content)
        with atomic_write(Path(path)) as temporary:
            temporary.write_bytes(content.getvalue())


def _plain(value: Any) -> Any:
    """Replace numpy's types, which `torch.load(weights_only=True)` does not read."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Specifications):
        return replace(value, classes=_plain(value.classes))
    if isinstance(value, dict):
        return {name: _plain(of_name) for name, of_name in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_plain(item) for item in value)
    return value
