"""Windows of clips: how clips of any length become clips of one duration."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pyannote.audio.core.io import Audio, AudioFile
from pyannote.audio.core.task import Specifications
from pyannote.core import Segment
from torch import Tensor, nn

# what to do with clips that are shorter than a window
SHORT_CLIPS = ("repeat", "pad", "pad_left")

# which windows of longer clips to train on
WINDOWS = ("random", "all")

# shortest clip, and shortest rest of a clip that is a window, in seconds
MIN_DURATION = 0.05


@dataclass
class ClipSpecifications(Specifications):
    """Specifications of a model of clips, with which pipelines cut recordings as in training.

    Parameters
    ----------
    short_clips, windows : str, optional
        See :class:`~pyannote_strf.tasks.AudioTagging`.
    """

    short_clips: str = "repeat"
    windows: str = "random"


def window_starts(duration: float, window: float, step: float, to_end: bool = False) -> list[float]:
    """Return the start of each window of a recording.

    Windows start at multiples of the step. By default, all are complete. If at least half a step
    remains after the last of them, another window ends with the recording. A shorter rest is
    skipped.

    Parameters
    ----------
    duration, window, step : float
        Durations of the recording and of windows, and step between windows, in seconds.
    to_end : bool, optional
        Whether windows start at all multiples of the step, up to the end of the recording, so that
        the last ones are shorter. Rests of less than 0.05 s are skipped. Defaults to False.

    Returns
    -------
    starts : list of float
        In seconds.

    Examples
    --------
    >>> window_starts(4.0, 2.0, 1.0), window_starts(4.25, 2.0, 1.0), window_starts(4.5, 2.0, 1.0)
    ([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], [0.0, 1.0, 2.0, 2.5])
    >>> window_starts(4.25, 2.0, 1.0, to_end=True), window_starts(1.5, 2.0, 1.0, to_end=True)
    ([0.0, 1.0, 2.0, 3.0, 4.0], [0.0])
    >>> window_starts(MIN_DURATION, MIN_DURATION, MIN_DURATION / 2, to_end=True)
    [0.0]
    """
    if duration < window:
        return [0.0]
    if to_end:
        count = max(1, math.ceil((duration - MIN_DURATION) / step))
        return [number * step for number in range(count)]
    starts = [number * step for number in range(int((duration - window) / step) + 1)]
    last = duration - window
    return [*starts, last] if last - starts[-1] >= step / 2 else starts


def read_window(
    reader: Audio, file: AudioFile, region: Segment, duration: float, short_clips: str
) -> tuple[Tensor, int]:
    """Read a part of a recording as a clip of one duration.

    Parameters
    ----------
    reader : Audio
    file : AudioFile
    region : Segment
        Part to read, which is a short clip if it is shorter than `duration`.
    duration : float
        In seconds.
    short_clips : {"repeat", "pad", "pad_left"}

    Returns
    -------
    waveform : (1, sample) Tensor
    num_samples : int
        See :func:`fit_clip`.
    """
    waveform, _ = reader.crop(file, region, mode="pad")
    return fit_clip(waveform, reader.get_num_samples(duration, reader.sample_rate), short_clips)


def fit_clip(waveform: Tensor, size: int, short_clips: str) -> tuple[Tensor, int]:
    """Cut a clip to a number of samples, or extend it if it is shorter.

    Parameters
    ----------
    waveform : (1, sample) Tensor
    size : int
        Number of samples.
    short_clips : {"repeat", "pad", "pad_left"}
        Whether to repeat a shorter clip, to pad its end with zeros, or its start.

    Returns
    -------
    waveform : (1, size) Tensor
    num_samples : int
        Number of samples before the zeros at the end.

    Raises
    ------
    ValueError
        If the waveform has no samples.

    Examples
    --------
    >>> import torch
    >>> clip = torch.tensor([[1.0, 2.0]])
    >>> [fit_clip(clip, 3, short_clips) for short_clips in SHORT_CLIPS]
    [(tensor([[1., 2., 1.]]), 3), (tensor([[1., 2., 0.]]), 2), (tensor([[0., 1., 2.]]), 3)]
    """
    if waveform.shape[1] == 0:
        raise ValueError("the clip is shorter than one sample")
    if short_clips == "repeat":
        waveform = waveform.repeat(1, math.ceil(size / waveform.shape[1]))
    waveform = waveform[:, :size]
    missing = size - waveform.shape[1]
    if short_clips == "pad_left":
        return nn.functional.pad(waveform, (missing, 0)), size
    return nn.functional.pad(waveform, (0, missing)), waveform.shape[1]
