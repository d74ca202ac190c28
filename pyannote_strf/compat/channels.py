"""One channel of a recording.

pyannote.audio 4.0.7 treats `channel` of protocol files as metadata and mixes all channels.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/tasks/segmentation/mixins.py
"""

from __future__ import annotations

from typing import Any

from pyannote.audio.tasks.segmentation.mixins import SegmentationTask

# channel of files without the key `channel`
NO_CHANNEL = -1


class Channels(SegmentationTask):
    """Segmentation task that reads the channel of each file."""

    def get_file(self, file_id: int) -> dict[str, Any]:
        """Return a file with its channel, if the protocol has one."""
        file = super().get_file(file_id)
        metadata = self.prepared_data["audio-metadata"][file_id]
        if "channel" in metadata.dtype.names and metadata["channel"] > NO_CHANNEL:
            file["channel"] = int(metadata["channel"])
        return file
