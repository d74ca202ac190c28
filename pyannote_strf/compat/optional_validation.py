"""Training without a development set.

Without a development set, pyannote.audio 4.0.7 returns None as data loader, and Lightning 2.6
fails.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/core/task.py
"""

from __future__ import annotations

from pyannote.audio.core.task import Task
from torch.utils.data import DataLoader


class OptionalValidation(Task):
    """Task that trains on protocols without a development set."""

    def val_dataloader(self) -> DataLoader | list:  # type: ignore[override]
        """Return the data loader of the development set, or an empty list."""
        return super().val_dataloader() or []
