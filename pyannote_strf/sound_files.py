"""Opening and reading of sound files with libsndfile."""

from __future__ import annotations

from collections.abc import Mapping
from io import IOBase
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from torch import Tensor

REMEDY = "replace it, or leave it out of the list of files"
NOT_FINITE = f"audio holds NaN or infinite samples; {REMEDY}"
UNKNOWN_LENGTH = "does not say in its header how long it is; convert it to WAV or FLAC again"
TOO_LARGE = f"audio holds samples far beyond full scale, which is 1; {REMEDY}"


# libsndfile returns its largest number for FLAC of unknown length, as encoders write it to a pipe
MAX_NUM_SAMPLES = 2**60


class SoundFile(soundfile.SoundFile):
    """Sound file that does not seek to its current position.

    soundfile 0.13 does so after each read, which decodes a block of FLAC again.
    """

    def seek(self, frames: int, whence: int = soundfile.SEEK_SET) -> int:
        """Move to a sample, and return its index."""
        if whence == soundfile.SEEK_SET and frames == self.tell():
            return frames
        return super().seek(frames, whence)


class Waveform:
    """Waveform in memory, with the part of the interface of `soundfile.SoundFile` used here."""

    format = "waveform"

    def __init__(self, file: Mapping[str, Any]) -> None:
        self.waveform = file["waveform"]
        self.channels, self.frames = self.waveform.shape
        self.samplerate = file["sample_rate"]

    def close(self) -> None:
        """Do nothing: there is no file to close."""


class OpenedFile:
    """Context manager that opens a file, or gives None if libsndfile cannot read its format.

    Parameters
    ----------
    file : mapping
        File with "audio" (a path or a stream) or "waveform" and "sample_rate", and optionally
        "channel".

    Raises
    ------
    ValueError
        On entering, if the file is empty or of unknown length, or the channel does not exist.
    """

    def __init__(self, file: Mapping[str, Any]) -> None:
        self.file = file
        self.sound: soundfile.SoundFile | Waveform | None = None

    def __enter__(self) -> soundfile.SoundFile | Waveform | None:
        self.sound = Waveform(self.file) if "waveform" in self.file else self._open()
        if self.sound is None:
            return None
        channel = self.file.get("channel")
        if self.sound.frames == 0:
            problem = f"holds no sample; {REMEDY}"
        elif self.sound.frames > MAX_NUM_SAMPLES:
            problem = UNKNOWN_LENGTH
        elif channel is not None and not 0 <= channel < self.sound.channels:
            problem = f"has no channel {channel}, valid channels: 0 to {self.sound.channels - 1}"
        else:
            return self.sound
        self.sound.close()
        raise ValueError(f"{name_of(self.file)}: audio {problem}")

    def _open(self) -> soundfile.SoundFile | None:
        source = self.file["audio"]
        try:
            return SoundFile(source if isinstance(source, IOBase) else str(source))
        except (soundfile.LibsndfileError, TypeError):
            # soundfile raises TypeError if the file name ends in .raw
            if isinstance(source, IOBase):
                source.seek(0)
            elif Path(source).stat().st_size == 0:
                raise ValueError(f"{source}: file is empty; {REMEDY}") from None
            return None

    def __exit__(self, *_: object) -> None:
        if self.sound is not None:
            self.sound.close()
        source = self.file.get("audio")
        if isinstance(source, IOBase):
            source.seek(0)


def read_samples(
    sound: soundfile.SoundFile | Waveform, file: Mapping[str, Any], start: int, end: int
) -> Tensor:
    """Read the samples of an open file from `start` to `end`.

    Parameters
    ----------
    sound : SoundFile or Waveform
    file : mapping
        The same file, for messages.
    start, end : int
        Indices of the first sample, and of the sample after the last.

    Returns
    -------
    waveform : (channel, sample) Tensor

    Raises
    ------
    ValueError
        If the samples cannot be decoded, or one of them is not finite or far beyond full scale.
    """
    if isinstance(sound, Waveform):
        waveform = sound.waveform[:, start:end]
        if not waveform.float().square().sum().isfinite():
            problem = TOO_LARGE if waveform.isfinite().all() else NOT_FINITE
            raise ValueError(f"{name_of(file)}: {problem}")
        return waveform
    try:
        sound.seek(start)
        data = sound.read(end - start, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(
            f"{name_of(file)}: cannot be decoded ({error}); is it truncated?"
        ) from None
    if len(data) < end - start:
        raise ValueError(
            f"{name_of(file)}: ends after {start + len(data)} samples, but its header announces "
            f"{sound.frames}; is it truncated?"
        )
    # numpy is faster than torch here, and the energy is faster than a check of every sample
    with np.errstate(over="ignore", invalid="ignore"):
        energy = np.vdot(data, data)
    if not np.isfinite(energy):
        problem = TOO_LARGE if np.isfinite(data).all() else NOT_FINITE
        raise ValueError(f"{name_of(file)}: {problem}")
    return torch.from_numpy(data).T.contiguous()


def name_of(file: Mapping[str, Any]) -> str:
    """Return the name of a file in messages: its path if it has one, otherwise its "uri".

    >>> name_of({"waveform": torch.zeros(1, 1), "sample_rate": 16000, "uri": "guest"})
    'guest'
    """
    source = file.get("audio")
    return str(
        file.get("uri", "stream") if source is None or isinstance(source, IOBase) else source
    )
