"""Spectrogram alone."""

from __future__ import annotations

from torch import Tensor

from pyannote_strf.frontends.image import SpectrogramFrontend


class Mel(SpectrogramFrontend):
    """Normalised log-mel (or "stft", or "cqt") spectrogram, without filters over it.

    Parameters
    ----------
    sample_rate : int, optional
        Defaults to 16000.
    spectrogram : dict, optional
        Options of :class:`~pyannote_strf.layers.spectrogram.Spectrogram`.

    Examples
    --------
    >>> import torch
    >>> Mel()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 64, 198])
    """

    def __init__(self, sample_rate: int = 16000, spectrogram: dict | None = None):
        super().__init__(sample_rate=sample_rate, spectrogram=spectrogram)
        self.num_features = self.spectrogram.num_bands

    def forward(self, waveforms: Tensor) -> Tensor:
        """(batch, channel, sample) waveforms to (batch, feature, frame) features."""
        return self.spectrogram(waveforms)
