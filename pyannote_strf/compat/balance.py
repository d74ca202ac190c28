"""Balanced training chunks.

In pyannote.audio 4.0.7, the option `balance` of segmentation tasks reads
`prepared_data["metadata"]`, which does not exist: its values are in
`prepared_data["metadata-values"]`.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/tasks/segmentation/mixins.py
"""

from __future__ import annotations

from collections.abc import Sequence

from pyannote.audio.tasks.segmentation.mixins import SegmentationTask

from pyannote_strf.messages import did_you_mean


class Balance(SegmentationTask):
    """Segmentation task whose `balance` option works."""

    balance: Sequence[str] | None

    def setup(self, stage: str | None = None) -> None:
        """Store values of metadata under the key that upstream reads.

        Raises
        ------
        ValueError
            If files do not have a key to balance by.
        """
        super().setup(stage)
        metadata = self.prepared_data["metadata-values"].item()
        for key in self.balance or ():
            if not metadata.get(key):
                raise ValueError(f"balance: files have no {key!r}{did_you_mean(key, metadata)}")
        self.prepared_data["metadata"] = metadata
