"""Balanced training chunks.

`balance=` of segmentation tasks reads values of metadata in `prepared_data["metadata"]`.
pyannote.audio 4.0.7 writes them under another key.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/tasks/segmentation/mixins.py
"""

from __future__ import annotations


class Balance:
    """Mixin of segmentation tasks: values of metadata under the key that they are read by."""

    def setup(self, stage: str | None = None) -> None:
        super().setup(stage)
        self.prepared_data["metadata"] = self.prepared_data["metadata-values"].item()
