"""Speech of known speakers in the files of a protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pyannote.database import ProtocolFile


class Turn(NamedTuple):
    """Speech of one speaker in a file, or one channel of it, from start to end in seconds."""

    audio: str
    channel: int | None
    speaker: str
    start: float
    end: float

    def file(self) -> dict:
        """What pyannote.audio takes for a file."""
        return file_of(self.audio, self.channel)


def file_of(audio: str, channel: int | None) -> dict:
    """What pyannote.audio takes for a file, or for one channel of it."""
    return {"audio": audio} if channel is None else {"audio": audio, "channel": channel}


def speech_turns(files: Iterable[ProtocolFile]) -> Iterator[Turn]:
    """Speech turns of known speakers.

    Speakers of one name in two recordings are one, unless the protocol's scope says that names hold
    within one recording, or one database.

    Parameters
    ----------
    files : iterable of ProtocolFile
    """
    for file in files:
        scope = {"file": f"{file['uri']} ", "database": f"{file['database']} "}
        prefix = scope.get(file.get("scope"), "")
        for segment, _, speaker in file["annotation"].itertracks(yield_label=True):
            yield Turn(
                str(file["audio"]),
                file.get("channel"),
                f"{prefix}{speaker}",
                segment.start,
                segment.end,
            )
