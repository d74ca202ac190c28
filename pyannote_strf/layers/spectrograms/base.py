"""Base class of power spectrograms."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from pyannote_strf.checks import check_number
from pyannote_strf.layers.bands import Bands
from pyannote_strf.layers.chunks import Chunks

MAX_NUM_BANDS = 512


class PowerSpectrogram(nn.Module, ABC):
    """Power of a waveform over time and frequency, for one kind of spectrogram.

    :class:`~pyannote_strf.layers.spectrogram.Spectrogram` compresses and normalises the power. To
    add a kind, write a subclass and register it in the entry points `pyannote_strf.spectrograms`.
    The constructor takes `sample_rate` (in hertz), `hop_length` and `window_length` (in samples),
    and options with defaults.

    Attributes
    ----------
    num_channels : int
        Number of channels of the image. Defaults to 1.
    num_bands : int
        Number of bands of the image.
    kernel_length : int
        Number of samples that a frame is computed from, at least `window_length`.
    centres : (num_bands,) Tensor or None
        Centre frequency of each band, in hertz. None (default) if bands have no centre frequency.
    """

    num_channels: int = 1
    num_bands: int
    kernel_length: int
    centres: Tensor | None = None

    @abstractmethod
    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the power of waveforms.

        Parameters
        ----------
        waveforms : (batch, sample) Tensor
            At least `kernel_length` samples.

        Returns
        -------
        power : (batch, channel, band, frame) Tensor
            Frame `n` is computed from `kernel_length` samples, starting at sample
            `n * hop_length`.
        """

    def of_chunks(self, chunks: Chunks, num_frames: int) -> Tensor | None:
        """Return the power of chunks without their means, computed once for samples they share.

        None (default) if this is not supported.

        Parameters
        ----------
        chunks : Chunks
        num_frames : int
            Number of frames in a chunk.

        Returns
        -------
        power : (chunk, channel, band, frame) Tensor or None
            The same as that of :meth:`forward`, of each chunk minus its mean.
        """
        return None

    def bands(self) -> Bands | None:
        """Return bands now and before training. None (default) if they are not learnable."""
        return None


def highest_frequency(sample_rate: int, f_min: float, f_max: float | None) -> float:
    """Return `f_max`, or half the sample rate if it is None, in hertz.

    Raises
    ------
    ValueError
        If `f_min` is not below `f_max`, or `f_max` is above half the sample rate.

    >>> highest_frequency(16000, 0.0, None)
    8000.0
    """
    f_max = sample_rate / 2 if f_max is None else f_max
    check_number("f_max", f_max, least=0, most=sample_rate / 2)
    check_number("f_min", f_min, least=0)
    if f_min >= f_max:
        raise ValueError(f"f_min must be below f_max, got {f_min:g} and {f_max:g}")
    return f_max
