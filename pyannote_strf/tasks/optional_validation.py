"""Training without a development set."""

from __future__ import annotations

from torch.utils.data import DataLoader


class OptionalValidation:
    """Mixin of tasks: nothing to iterate over where there is nothing to validate on.

    pyannote.audio 4.0.7 returns None instead, at which Lightning 2.6 stops.
    """

    def val_dataloader(self) -> DataLoader | list:
        return super().val_dataloader() or []
