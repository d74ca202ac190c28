"""Audio reading without FFmpeg.

pyannote.audio 4.1 removes parameter `mono` of `Audio` and renames `downmix_and_resample`. Only this
module uses either of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyannote.audio
import soundfile
import torch
import torch.nn.functional as F
from pyannote.audio.core.io import Audio as UpstreamAudio
from pyannote.audio.core.io import AudioFile
from pyannote.core import Segment
from torch import Tensor

from pyannote_strf.sound_files import OpenedFile, SoundFile, Waveform, name_of, read_samples

# sample recording of pyannote.audio (importing `pyannote.audio.sample` would decode it)
SAMPLE = Path(pyannote.audio.__file__).parent / "sample" / "sample.wav"

T = TypeVar("T")

# samples beyond this are damage: full scale is 1
LARGEST_SAMPLE = 1e6

# in seconds: annotation times are rounded, so that they may exceed the audio by this much
TOLERANCE = 0.01

# largest ratio of rates, in lowest terms, whose filters torchaudio holds in little memory
MAX_RATIO = 1000


class Audio(UpstreamAudio):
    """Read audio files with libsndfile instead of FFmpeg.

    Formats that libsndfile supports (WAV, FLAC, OGG, MP3 and others) are read by seeking to the
    requested chunk. MP3 is the exception: it is decoded from the start, and not recommended for
    training. Other formats are passed on to the reader of pyannote.audio, which needs torchcodec.

    Parameters
    ----------
    sample_rate : int, optional
        Target sample rate, in hertz. Defaults to the sample rate of each file.
    mono : {"downmix", "random"}, optional
        Mix several channels, or choose one at random. Defaults to keeping all channels.

    Raises
    ------
    ValueError
        If a file is missing, empty, damaged or of an unsupported format, or if a channel does not
        exist. The message names the file and the remedy.

    Examples
    --------
    >>> import torch
    >>> audio = Audio(sample_rate=16000, mono="downmix")
    >>> waveform, sample_rate = audio({"waveform": torch.zeros(2, 8000), "sample_rate": 8000})
    >>> waveform.shape, sample_rate
    (torch.Size([1, 16000]), 16000)
    """

    def get_duration(self, file: AudioFile) -> float:
        """Return the duration of a file, in seconds, from its header."""
        file = self.validate_file(file)
        with OpenedFile(file) as sound:
            if sound is None:
                return _upstream(super().get_duration, file)
            return sound.frames / sound.samplerate

    def __call__(self, file: AudioFile) -> tuple[Tensor, int]:
        """Read a complete file.

        Returns
        -------
        waveform : (channel, sample) Tensor
        sample_rate : int
        """
        file = self.validate_file(file)
        with OpenedFile(file) as sound:
            if sound is None:
                return _upstream(super().__call__, file)
            waveform = read_samples(sound, file, 0, sound.frames)
            return self._prepared(waveform, sound, file)

    def crop(self, file: AudioFile, segment: Segment, mode: str = "raise") -> tuple[Tensor, int]:
        """Read a chunk.

        Parameters
        ----------
        file : AudioFile
        segment : Segment
            Start and end of the chunk, in seconds.
        mode : {"raise", "pad"}, optional
            Whether to raise an error (default) or pad with zeros if the chunk exceeds the file by
            more than 10 ms.

        Returns
        -------
        waveform : (channel, sample) Tensor
        sample_rate : int
        """
        file = self.validate_file(file)
        with OpenedFile(file) as sound:
            if sound is None:
                return _upstream(super().crop, file, segment, mode=mode)
            num_samples = self.get_num_samples(segment.duration, sound.samplerate)
            start = self.get_num_samples(segment.start, sound.samplerate)
            end = start + num_samples
            # one more, because start and duration are rounded
            tolerance = round(TOLERANCE * sound.samplerate) + 1
            if mode == "raise" and (start < -tolerance or end > sound.frames + tolerance):
                raise ValueError(
                    f"{name_of(file)}: chunk from {segment.start:.3f} s to {segment.end:.3f} s "
                    f"exceeds the file, which lasts {sound.frames / sound.samplerate:.3f} s; is "
                    "the file truncated, or its annotation too long?"
                )
            first, last = (min(max(0, at), sound.frames) for at in (start, end))
            # libsndfile 1.2 seeks inexactly in an MP3 of variable bit rate
            origin = 0 if sound.format == "MP3" else first
            waveform = read_samples(sound, file, origin, last)[:, first - origin :]
            missing = num_samples - waveform.shape[1]
            if missing:
                before = min(max(0, -start), missing)
                waveform = F.pad(waveform, (before, missing - before))
            waveform, sample_rate = self._prepared(waveform, sound, file)
            # resampling may yield one sample more or less, depending on the start of the chunk
            wanted = self.get_num_samples(segment.duration, sample_rate)
            if waveform.shape[1] != wanted:
                waveform = F.pad(waveform, (0, wanted - waveform.shape[1]))
            return waveform, sample_rate

    def _prepared(
        self, waveform: Tensor, sound: soundfile.SoundFile | Waveform, file: Mapping[str, Any]
    ) -> tuple[Tensor, int]:
        """Mix channels and resample."""
        rate = sound.samplerate
        if self.sample_rate is not None:
            ratio = Fraction(self.sample_rate, rate)
            if max(ratio.as_integer_ratio()) > MAX_RATIO or waveform.shape[1] == 0:
                waveform, rate = _resampled(waveform, ratio), self.sample_rate
        return self.downmix_and_resample(waveform, rate, file.get("channel"))


def _resampled(waveform: Tensor, ratio: Fraction) -> Tensor:
    """Resample by any ratio. This is slower than torchaudio for small ratios."""
    if waveform.shape[1] == 0:
        return waveform
    # slow import, for unusual rates only
    from scipy.signal import resample_poly

    samples = resample_poly(waveform.cpu().numpy(), *ratio.as_integer_ratio(), axis=1)
    return torch.from_numpy(samples).to(waveform)


def duration_of(path: str | Path) -> float:
    """Return the duration of a file, in seconds.

    The result is cached until the file changes.
    """
    try:
        stat = os.stat(path)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from None
    return _duration(str(path), stat.st_mtime_ns, stat.st_size)


# several checks in a row ask for the same file
@lru_cache(maxsize=1024)
def _duration(path: str, mtime: int, size: int) -> float:
    return Audio().get_duration(path)


def find_damage(path: str | Path) -> str | None:
    """Decode a complete file, and describe the first damage found.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    damage : str or None
        Description with its time: samples that are not finite or beyond ±10⁶, or a part that
        cannot be decoded. None if the file is intact.
    """
    try:
        sound = SoundFile(str(path))
    except soundfile.LibsndfileError:
        Audio()(path)
        return None
    with sound:
        at = 0
        while at < sound.frames:
            time = f"{at / sound.samplerate:.1f} s"
            try:
                data = sound.read(sound.samplerate, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                return f"cannot be decoded after {time} ({str(error).rstrip('.')})"
            if len(data) == 0:
                return f"ends at {time}, before the end that its header announces"
            with np.errstate(over="ignore", invalid="ignore"):
                largest = np.abs(data).max()
            if not largest <= LARGEST_SAMPLE:
                (first, *_), _ = np.nonzero(~(np.abs(data) <= LARGEST_SAMPLE))
                kind = "beyond ±1e6" if np.isfinite(data[first]).all() else "NaN or infinite"
                return f"samples are {kind} at {(at + first) / sound.samplerate:.2f} s"
            at += len(data)
        # libvorbis and libopus skip damaged parts, and report them only here
        if "Corrupted bitstream" in sound.extra_info:
            return "parts of it cannot be decoded (corrupted bitstream)"
    return None


def mono_reader(sample_rate: int) -> Audio:
    """Return a reader that mixes channels and resamples, as models need it.

    >>> mono_reader(16000).sample_rate
    16000
    """
    return Audio(sample_rate=sample_rate, mono="downmix")


def seekable(reader: UpstreamAudio, file: AudioFile) -> Mapping[str, Any]:
    """Return a file whose chunks are quick to read.

    Reading a chunk of MP3, or of a format that libsndfile does not read, decodes what is before it.

    Parameters
    ----------
    reader : Audio
    file : AudioFile

    Returns
    -------
    file : mapping
        The same file, or one whose waveform is in memory, as the reader reads it.
    """
    file = reader.validate_file(file)
    with OpenedFile(file) as sound:
        if sound is not None and sound.format != "MP3":
            return file
    waveform, sample_rate = reader(file)
    return {"waveform": waveform, "sample_rate": sample_rate, "uri": name_of(file)}


def decode_end(path: Path, seconds: float) -> tuple[float, int]:
    """Decode the end of a file, and return its duration in seconds and its sample rate.

    Parameters
    ----------
    path : Path
    seconds : float
        Duration of the part that is decoded.

    Raises
    ------
    ValueError
        If the file is empty, damaged or of an unsupported format.
    """
    file = {"audio": path}
    with OpenedFile(file) as sound:
        if sound is None:
            duration = Audio().get_duration(path)
            end = Segment(max(0.0, duration - seconds), duration)
            return duration, Audio().crop(path, end, mode="pad")[1]
        # libsndfile 1.2 seeks inexactly in an MP3 of variable bit rate
        start = 0 if sound.format == "MP3" else sound.frames - round(seconds * sound.samplerate)
        read_samples(sound, file, max(0, start), sound.frames)
        return sound.frames / sound.samplerate, sound.samplerate


def _upstream(read: Callable[..., T], file: Mapping[str, Any], *args: Any, **kwargs: Any) -> T:
    """Read a file with the reader of pyannote.audio."""
    try:
        return read(file, *args, **kwargs)
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"{name_of(file)}: neither libsndfile nor torchcodec can read this file; convert it to "
            "WAV or FLAC, or install FFmpeg"
        ) from error
