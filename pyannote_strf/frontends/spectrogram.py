"""Base class of front-ends that start with a spectrogram."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pyannote_strf.checks import check_mapping
from pyannote_strf.constructors import check_options
from pyannote_strf.frontends.base import Frontend
from pyannote_strf.layers.bands import Bands
from pyannote_strf.layers.spectrogram import SAMPLE_RATES, Spectrogram, spectrogram_options


class SpectrogramFrontend(Frontend):
    """Front-end with one frame for every `step` frames of its spectrogram.

    The receptive field of a frame is that of its spectrogram window. As for an LSTM, it does not
    include the context of later layers.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    spectrogram : dict, optional
        Options of :class:`~pyannote_strf.layers.spectrogram.Spectrogram`.
    step : int, optional
        Step between two frames, in frames of the spectrogram. Defaults to 1.

    Raises
    ------
    ValueError
        If the sample rate is not supported, or an option of the spectrogram does not exist.
    """

    sample_rates = SAMPLE_RATES

    def __init__(
        self, sample_rate: int = 16000, spectrogram: dict | None = None, step: int = 1
    ) -> None:
        super().__init__(sample_rate)
        self.step = step
        options = {} if spectrogram is None else spectrogram
        check_mapping("spectrogram", options)
        check_options(Spectrogram, options, num_given=1)
        self.spectrogram = Spectrogram(sample_rate, **options)

    @classmethod
    def options(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return options, with defaults for those that are missing, also in `spectrogram`."""
        return {
            **super().options(given),
            "spectrogram": spectrogram_options(given.get("spectrogram")),
        }

    def bands(self) -> Bands | None:
        """Return bands now and before training. None if they are not learnable."""
        return self.spectrogram.bands()

    def num_frames(self, num_samples: int) -> int:
        """Return the number of frames of a waveform of `num_samples` samples."""
        return math.ceil(self.spectrogram.num_frames(num_samples) / self.step)

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Return the number of samples in the receptive field of `num_frames` frames."""
        return self.spectrogram.receptive_field_size((num_frames - 1) * self.step + 1)

    def receptive_field_center(self, frame: int = 0) -> int:
        """Return the index of the sample that a frame is centred on."""
        return self.spectrogram.receptive_field_center(frame * self.step)
