"""SincNet block of pyannote.audio as a front-end."""

from __future__ import annotations

from typing import Any

import torch
from pyannote.audio.models.blocks.sincnet import SincNet as UpstreamSincNet
from torch import Tensor

from pyannote_strf.checks import check_size
from pyannote_strf.frontends.base import Frontend
from pyannote_strf.layers.bands import Bands


class SincNet(Frontend):
    """SincNet block of pyannote.audio, by default with the stride of PyanNet.

    Its 60 features are returned as bands. They mix all frequencies, and have no centre frequency.

    Parameters
    ----------
    sample_rate : int, optional
        Only 16000 Hz (default) is supported.
    stride : int, optional
        Stride of the first layer, in samples. Defaults to 10.

    Raises
    ------
    ValueError
        If the sample rate is not supported, or the stride is not a positive integer.

    Examples
    --------
    >>> import torch
    >>> SincNet()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 1, 60, 115])
    """

    initial: Tensor

    sample_rates = (16000,)
    num_bands = 60
    # normalisation over time needs two frames
    min_num_frames = 2

    def __init__(self, sample_rate: int = 16000, stride: int = 10) -> None:
        super().__init__(sample_rate)
        check_size("stride", stride)
        self.sincnet = UpstreamSincNet(sample_rate, stride)
        self.register_buffer("initial", self._centres_and_widths(), persistent=False)

    def num_frames(self, num_samples: int) -> int:
        """Return the number of frames of a waveform of `num_samples` samples."""
        return max(0, self.sincnet.num_frames(num_samples))

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Return the number of samples in the receptive field of `num_frames` frames."""
        return self.sincnet.receptive_field_size(num_frames)

    def receptive_field_center(self, frame: int = 0) -> int:
        """Return the index of the sample that a frame is centred on."""
        return self.sincnet.receptive_field_center(frame)

    def bands(self) -> Bands:
        """Return the pass bands of the first layer, now and before training.

        There is one band for each pair of filters, an even and an odd one.
        """
        return Bands(*self._centres_and_widths()[:, None], *self.initial[:, None])

    def waveform_filters(self) -> list[Tensor]:
        """Return the filters of the first layer, (filter, tap)."""
        return [self._filterbank.filters()[:, 0]]

    @property
    def _filterbank(self) -> Any:
        return self.sincnet.conv1d[0].filterbank

    @torch.no_grad()
    def _centres_and_widths(self) -> Tensor:
        """Return centres and widths as pyannote.audio defines them: (2, band)."""
        bank = self._filterbank
        low = bank.min_low_hz + bank.low_hz_[:, 0].abs()
        high = low + bank.min_band_hz + bank.band_hz_[:, 0].abs()
        high = high.clamp(bank.min_low_hz, bank.sample_rate / 2)
        return torch.stack([(low + high) / 2, high - low])

    def image(self, waveforms: Tensor) -> Tensor:
        """Return the images of waveforms: see :meth:`forward`."""
        return self.sincnet(waveforms)[:, None]
