"""Pictures of development sets smaller than a batch.

pyannote.audio 4.0.7 draws as many chunks as a batch may hold, up to nine, and fails where a batch holds
fewer.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/tasks/segmentation/mixins.py
"""

from __future__ import annotations

from typing import Any


class SmallDevelopmentSets:
    """Mixin of segmentation tasks: as many chunks are drawn as there are."""

    def validation_step(self, batch: dict[str, Any], batch_idx: int) -> None:
        full, self.batch_size = self.batch_size, len(batch["X"])
        try:
            super().validation_step(batch, batch_idx)
        finally:
            self.batch_size = full
