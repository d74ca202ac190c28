"""Safe reading and atomic writing of checkpoints."""

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

# entries of a checkpoint that contain tensors only
TENSORS = ("state_dict", "optimizer_states")


class AtomicCheckpointIO(TorchCheckpointIO):
    """Checkpoint reader and writer for Lightning that leaves no partial file and runs no code.

    Lightning 2.6 moves a temporary file from the temporary folder of the system. If that is on
    another disk and the target disk is full, a truncated checkpoint is left.

    Parameters
    ----------
    trust : bool, optional
        Unpickle any class in a checkpoint, which may run code. Defaults to False.
    """

    def __init__(self, trust: bool = False) -> None:
        self.trust = trust

    def load_checkpoint(
        self,
        path: str | Path,
        map_location: Callable | None = None,
        weights_only: bool | None = None,
    ) -> dict[str, Any]:
        """Read a checkpoint, see :func:`~pyannote_strf.models.checkpoint.read_checkpoint`."""
        return read_checkpoint(Path(path), self.trust)[1]

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | Path,
        storage_options: Callable | None = None,
    ) -> None:
        """Write a checkpoint atomically, with NumPy types converted to plain Python types."""
        content = io.BytesIO()
        plain = {
            key: value if key in TENSORS else _plain(value) for key, value in checkpoint.items()
        }
        torch.save(plain, content)
        with atomic_write(Path(path)) as temporary:
            temporary.write_bytes(content.getvalue())


def _plain(value: Any) -> Any:
    """Convert NumPy types, which `torch.load(weights_only=True)` does not read."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Specifications):
        return replace(value, classes=_plain(value.classes))
    if isinstance(value, dict):
        return {name: _plain(of_name) for name, of_name in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_plain(item) for item in value)
    return value
