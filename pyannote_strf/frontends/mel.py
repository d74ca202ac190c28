"""Spectrogram without filters."""

from __future__ import annotations

from torch import Tensor

from pyannote_strf.frontends.spectrogram import SpectrogramFrontend


class Mel(SpectrogramFrontend):
    """Normalised logarithmic spectrogram without filters, by default of mel bands.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    spectrogram : dict, optional
        Options of :class:`~pyannote_strf.layers.spectrogram.Spectrogram`.

    Raises
    ------
    ValueError
        If an option does not exist or is out of range.

    Examples
    --------
    >>> import torch
    >>> Mel()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 1, 64, 198])
    """

    def __init__(self, sample_rate: int = 16000, spectrogram: dict | None = None) -> None:
        super().__init__(sample_rate=sample_rate, spectrogram=spectrogram)
        self.num_channels = self.spectrogram.num_channels
        self.num_bands = self.spectrogram.num_bands

    @property
    def centres(self) -> Tensor | None:
        """Centre frequency of each band, (num_bands,), in hertz. None if bands have no centre."""
        return self.spectrogram.centres

    def image(self, waveforms: Tensor) -> Tensor:
        """Return the images of waveforms: see :meth:`forward`."""
        return self.spectrogram(waveforms)
