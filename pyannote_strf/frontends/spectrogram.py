"""What all front-ends have in common that begin with a spectrogram."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pyannote_strf.checks import check_mapping, check_options
from pyannote_strf.frontends.base import Frontend
from pyannote_strf.layers.spectrogram import SAMPLE_RATES, Spectrogram, spectrogram_options


class SpectrogramFrontend(Frontend):
    """Front-end whose frames are those of its spectrogram, or every second one, and so on.

    The context that a later layer takes from padding does not belong in the grid, no more than
    that of an LSTM: a frame stays where its spectrogram window is.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    spectrogram : dict, optional
        Options of :class:`~pyannote_strf.layers.spectrogram.Spectrogram`.
    step : int, optional
        Frames of the spectrogram from one frame to the next. Defaults to 1.

    Raises
    ------
    ValueError
        If the sample rate is not supported, or an option of the spectrogram does not exist.
    """

    sample_rates = SAMPLE_RATES

    def __init__(self, sample_rate: int = 16000, spectrogram: dict | None = None, step: int = 1):
        super().__init__(sample_rate)
        self.step = step
        options = {} if spectrogram is None else spectrogram
        check_mapping("spectrogram", options)
        check_options(Spectrogram, options, num_given=1)
        self.spectrogram = Spectrogram(sample_rate, **options)

    @classmethod
    def options(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Options that are given, and defaults of the others, those of the spectrogram one by one."""
        return {
            **super().options(given),
            "spectrogram": spectrogram_options(given.get("spectrogram")),
        }

    def num_frames(self, num_samples: int) -> int:
        """Number of frames of a waveform of that many samples."""
        return math.ceil(self.spectrogram.num_frames(num_samples) / self.step)

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Number of samples seen by that many frames."""
        return self.spectrogram.receptive_field_size((num_frames - 1) * self.step + 1)

    def receptive_field_center(self, frame: int = 0) -> int:
        """Sample on which a frame is centred."""
        return self.spectrogram.receptive_field_center(frame * self.step)
