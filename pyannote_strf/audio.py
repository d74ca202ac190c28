"""Audio reading without FFmpeg.

pyannote.audio 4.1 has no `mono` in `Audio`, and calls `downmix_and_resample` by another name. All of
this package that uses either is here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from io import IOBase
from pathlib import Path

import numpy as np
import pyannote.audio
import soundfile
import torch
import torch.nn.functional as F
from pyannote.audio.core.io import Audio as UpstreamAudio
from pyannote.audio.core.io import AudioFile
from pyannote.core import Segment
from torch import Tensor

# the recording that ships with pyannote.audio; `pyannote.audio.sample` decodes it when imported
SAMPLE = Path(pyannote.audio.__file__).parent / "sample" / "sample.wav"

REMEDY = "replace it, or leave it out of the list of files"
LARGEST_SAMPLE = 1e6
NOT_FINITE = f"audio holds NaN or infinite samples; {REMEDY}"
TOO_LARGE = f"audio holds samples far beyond full scale, which is 1; {REMEDY}"


class Audio(UpstreamAudio):
    """Upstream's audio reader, with libsndfile in the place of FFmpeg.

    WAV, FLAC, OGG, MP3 and whatever else libsndfile knows is read through it, seeking to the
    requested chunk instead of decoding the whole file; an MP3 alone is decoded from its start, so
    train on another format. Anything else goes to upstream's reader, where torchcodec works.

    Parameters
    ----------
    sample_rate : int, optional
        Target sample rate, in hertz. Defaults to that of each file.
    mono : {"downmix", "random"}, optional
        How to turn several channels into one. Defaults to keeping them.

    Raises
    ------
    ValueError
        If a file is missing, empty or broken, has a format that cannot be read here, or has no such
        channel. The message names the file and the remedy.

    Examples
    --------
    >>> audio = Audio(sample_rate=16000, mono="downmix")
    >>> waveform, sample_rate = audio({"waveform": torch.zeros(2, 8000), "sample_rate": 8000})
    >>> waveform.shape, sample_rate
    (torch.Size([1, 16000]), 16000)
    """

    def get_duration(self, file: AudioFile) -> float:
        """Duration in seconds, from the header."""
        file = self.validate_file(file)
        with _Opened(file) as sound:
            if sound is None:
                return _upstream(super().get_duration, file)
            return sound.frames / sound.samplerate

    def __call__(self, file: AudioFile) -> tuple[Tensor, int]:
        """Read a whole file.

        Returns
        -------
        waveform : (channel, sample) Tensor
        sample_rate : int
        """
        file = self.validate_file(file)
        with _Opened(file) as sound:
            if sound is None:
                return _upstream(super().__call__, file)
            waveform = _read(sound, file, 0, sound.frames)
            return self._prepared(waveform, sound, file)

    def crop(self, file: AudioFile, segment: Segment, mode: str = "raise") -> tuple[Tensor, int]:
        """Read a chunk.

        Parameters
        ----------
        file : AudioFile
        segment : Segment
            Chunk, in seconds.
        mode : {"raise", "pad"}, optional
            What to do with a chunk that reaches beyond the file: fail (default) or add zeros.

        Returns
        -------
        waveform : (channel, sample) Tensor
        sample_rate : int
        """
        file = self.validate_file(file)
        with _Opened(file) as sound:
            if sound is None:
                return _upstream(super().crop, file, segment, mode=mode)
            num_samples = self.get_num_samples(segment.duration, sound.samplerate)
            start = self.get_num_samples(segment.start, sound.samplerate)
            end = start + num_samples
            # annotation rounded to milliseconds may reach beyond its file by as much
            tolerance = round(self.PRECISION * sound.samplerate)
            if mode == "raise" and (start < -tolerance or end > sound.frames + tolerance):
                raise ValueError(
                    f"{name_of(file)}: chunk from {segment.start:.3f} s to {segment.end:.3f} s reaches "
                    f"beyond the file, which lasts {sound.frames / sound.samplerate:.3f} s; is it truncated, "
                    "or annotated further than it lasts?"
                )
            first, last = (min(max(0, at), sound.frames) for at in (start, end))
            # libsndfile 1.2 seeks in an MP3 of variable bit rate by guesswork: it is read from its start
            origin = 0 if sound.format == "MP3" else first
            waveform = _read(sound, file, origin, last)[:, first - origin :]
            missing = num_samples - waveform.shape[1]
            if missing:
                before = min(max(0, -start), missing)
                waveform = F.pad(waveform, (before, missing - before))
            waveform, sample_rate = self._prepared(waveform, sound, file)
            # resampling may leave one sample more, or less, depending on where the chunk starts
            wanted = self.get_num_samples(segment.duration, sample_rate)
            if waveform.shape[1] != wanted:
                waveform = F.pad(waveform, (0, wanted - waveform.shape[1]))
            return waveform, sample_rate

    def _prepared(
        self, waveform: Tensor, sound: soundfile.SoundFile | _Waveform, file: Mapping
    ) -> tuple[Tensor, int]:
        return self.downmix_and_resample(waveform, sound.samplerate, file.get("channel"))


def duration_of(path: str | Path) -> float:
    """Read the duration of a file, in seconds: once, as long as the file does not change."""
    try:
        stat = os.stat(path)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from None
    return _duration(str(path), stat.st_mtime_ns, stat.st_size)


# files are asked for one after the other, by one check after the other
@lru_cache(maxsize=1024)
def _duration(path: str, mtime: int, size: int) -> float:
    return Audio().get_duration(path)


def find_damage(path: str | Path) -> str | None:
    """Decode a whole file, and describe the first thing that is wrong with it.

    Returns
    -------
    damage : str or None
        Samples that are not finite or beyond ±10⁶, or a part that cannot be decoded, with its time.
    """
    try:
        sound = _SoundFile(str(path))
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
                return f"ends at {time}, before what its header announces"
            with np.errstate(over="ignore", invalid="ignore"):
                largest = np.abs(data).max()
            if not largest <= LARGEST_SAMPLE:
                (first, *_), _ = np.nonzero(~(np.abs(data) <= LARGEST_SAMPLE))
                kind = "beyond ±1e6" if np.isfinite(data[first]).all() else "NaN or infinite"
                return f"samples are {kind} at {(at + first) / sound.samplerate:.2f} s"
            at += len(data)
        # libvorbis and libopus go on after damage, and say so here alone
        if "Corrupted bitstream" in sound.extra_info:
            return "parts of it cannot be decoded (corrupted bitstream)"
    return None


def mono_reader(sample_rate: int) -> Audio:
    """Reader that mixes channels and resamples, as models need it.

    >>> mono_reader(16000).sample_rate
    16000
    """
    return Audio(sample_rate=sample_rate, mono="downmix")


class _SoundFile(soundfile.SoundFile):
    """soundfile 0.13 seeks to where it is after each read, which in FLAC means to decode again."""

    def seek(self, frames: int, whence: int = soundfile.SEEK_SET) -> int:
        if whence == soundfile.SEEK_SET and frames == self.tell():
            return frames
        return super().seek(frames, whence)


class _Waveform:
    """A waveform in memory, with what is needed here of `soundfile.SoundFile`."""

    format = "waveform"

    def __init__(self, file: Mapping):
        self.waveform = file["waveform"]
        self.channels, self.frames = self.waveform.shape
        self.samplerate = file["sample_rate"]

    def close(self) -> None:
        pass


class _Opened:
    """Context manager: the file opened by libsndfile, or None if it is not for libsndfile."""

    def __init__(self, file: Mapping):
        self.file = file
        self.sound: soundfile.SoundFile | _Waveform | None = None

    def __enter__(self) -> soundfile.SoundFile | _Waveform | None:
        self.sound = _Waveform(self.file) if "waveform" in self.file else self._open()
        if self.sound is None:
            return None
        channel = self.file.get("channel")
        if self.sound.frames == 0:
            problem = f"holds no sample; {REMEDY}"
        elif channel is not None and not 0 <= channel < self.sound.channels:
            problem = f"has no channel {channel}, they are 0 to {self.sound.channels - 1}"
        else:
            return self.sound
        self.sound.close()
        raise ValueError(f"{name_of(self.file)}: audio {problem}")

    def _open(self) -> soundfile.SoundFile | None:
        source = self.file["audio"]
        try:
            return _SoundFile(source if isinstance(source, IOBase) else str(source))
        except (soundfile.LibsndfileError, TypeError):
            # TypeError: raw samples, by the name of the file
            if isinstance(source, IOBase):
                source.seek(0)
            elif Path(source).stat().st_size == 0:
                raise ValueError(f"{source}: file is empty; {REMEDY}") from None
            return None

    def __exit__(self, *_) -> None:
        if self.sound is not None:
            self.sound.close()
        source = self.file.get("audio")
        if isinstance(source, IOBase):
            source.seek(0)


def _read(sound: soundfile.SoundFile | _Waveform, file: Mapping, start: int, end: int) -> Tensor:
    if isinstance(sound, _Waveform):
        waveform = sound.waveform[:, start:end]
        if not waveform.square().sum().isfinite():
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
            f"{name_of(file)}: ends after {start + len(data)} samples where its header announces "
            f"{sound.frames}; is it truncated?"
        )
    # numpy is faster than torch on a chunk, and the energy than looking at every sample
    with np.errstate(over="ignore", invalid="ignore"):
        energy = np.vdot(data, data)
    if not np.isfinite(energy):
        problem = TOO_LARGE if np.isfinite(data).all() else NOT_FINITE
        raise ValueError(f"{name_of(file)}: {problem}")
    return torch.from_numpy(data).T.contiguous()


def _upstream(read, file: Mapping, *args, **kwargs):
    try:
        return read(file, *args, **kwargs)
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"{name_of(file)}: neither libsndfile nor torchcodec can read this file; convert it to "
            "WAV or FLAC, or install FFmpeg"
        ) from error


def name_of(file: Mapping) -> str:
    """What messages call a file: its path, or else its name.

    >>> name_of({"waveform": torch.zeros(1, 1), "sample_rate": 16000, "uri": "guest"})
    'guest'
    """
    source = file.get("audio")
    return str(
        file.get("uri", "stream") if source is None or isinstance(source, IOBase) else source
    )
