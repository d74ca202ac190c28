"""What all kinds of spectrogram have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

MAX_NUM_BANDS = 512


class PowerSpectrogram(nn.Module, ABC):
    """Waveform to power over time and frequency: one kind of
    :class:`~pyannote_strf.layers.spectrogram.Spectrogram`, which does the rest.

    To add a kind, write a subclass, and register it in entry points `pyannote_strf.spectrograms`. Its
    constructor takes `sample_rate` (hertz), `hop_length` and `window_length` (samples), and options
    of its own, all with defaults.

    Attributes
    ----------
    num_channels, num_bands : int
        Size of an image. `num_channels` defaults to 1.
    kernel_length : int
        Number of samples that a frame is computed from, at least `window_length`.
    centres : (num_bands,) Tensor or None
        Centre frequency of each band, in hertz. Defaults to None: bands have none.
    """

    num_channels: int = 1
    num_bands: int
    kernel_length: int
    centres: Tensor | None = None

    @abstractmethod
    def forward(self, waveforms: Tensor) -> Tensor:
        """
        Parameters
        ----------
        waveforms : (batch, sample) Tensor
            At least `kernel_length` samples.

        Returns
        -------
        power : (batch, channel, band, frame) Tensor
            Frame `n` is computed from `kernel_length` samples, starting with sample
            `n * hop_length`.
        """
