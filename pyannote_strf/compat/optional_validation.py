"""Training without a development set.

pyannote.audio 4.0.7 returns None for the data loader of a development set that does not exist, at which
Lightning 2.6 stops.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/core/task.py
"""

from __future__ import annotations

from torch.utils.data import DataLoader


class OptionalValidation:
    """Mixin of tasks: nothing to iterate over where there is nothing to validate on."""

    def val_dataloader(self) -> DataLoader | list:
        return super().val_dataloader() or []
