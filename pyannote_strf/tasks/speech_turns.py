"""Speech turns of the files of a protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pyannote.database import ProtocolFile


class Turn(NamedTuple):
    """Speech of one speaker in a file or in one channel of it.

    Attributes
    ----------
    audio : str
        Path of the file.
    channel : int or None
        Index of the channel. None stands for all channels.
    speaker : str
    start, end : float
        In seconds.
    """

    audio: str
    channel: int | None
    speaker: str
    start: float
    end: float

    def file(self) -> dict[str, Any]:
        """Return the file of the turn, as :func:`audio_file` does."""
        return audio_file(self.audio, self.channel)


def audio_file(audio: str, channel: int | None) -> dict[str, Any]:
    """Return a file, or one channel of it, in the form that pyannote.audio reads."""
    return {"audio": audio} if channel is None else {"audio": audio, "channel": channel}


def speech_turns(files: Iterable[ProtocolFile]) -> Iterator[Turn]:
    """Iterate over the annotated speech turns of files.

    The same name in two recordings stands for the same speaker, unless the scope of the protocol is
    "file" or "database". Names are then prefixed by the recording or by the database.

    Parameters
    ----------
    files : iterable of ProtocolFile

    Yields
    ------
    turn : Turn
    """
    for file in files:
        prefixes = {"file": f"{file['uri']} ", "database": f"{file['database']} "}
        prefix = prefixes.get(file.get("scope", "global"), "")
        for segment, _, speaker in file["annotation"].itertracks(yield_label=True):
            yield Turn(
                str(file["audio"]),
                file.get("channel"),
                f"{prefix}{speaker}",
                segment.start,
                segment.end,
            )
