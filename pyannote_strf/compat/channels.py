"""One channel of a recording.

pyannote.audio 4.0.7 takes `channel` of protocol files for metadata, and mixes all channels.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/tasks/segmentation/mixins.py
"""

from __future__ import annotations

from typing import Any

# of files that do not say it
NO_CHANNEL = -1


class Channels:
    """Mixin of segmentation tasks: chunks of the channel that a file names."""

    def get_file(self, file_id: int) -> dict[str, Any]:
        file = super().get_file(file_id)
        metadata = self.prepared_data["audio-metadata"][file_id]
        if "channel" in metadata.dtype.names and metadata["channel"] > NO_CHANNEL:
            file["channel"] = int(metadata["channel"])
        return file
