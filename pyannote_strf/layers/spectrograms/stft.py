"""Power of equally wide bands."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pyannote_strf.checks import check_size
from pyannote_strf.layers.bands import Bands, half_power_bands, power_response
from pyannote_strf.layers.spectrograms.base import MAX_NUM_BANDS, PowerSpectrogram
from pyannote_strf.layers.spectrograms.fourier import fft_length


class ShortTimeFourier(PowerSpectrogram):
    """Mean power of equally wide bands, by nnAudio.

    Parameters
    ----------
    sample_rate : int
        In hertz.
    hop_length, window_length : int
        In samples.
    num_bands : int, optional
        Number of bands. Defaults to 64.
    trainable_stft : bool, optional
        Whether to learn the Fourier kernels. Defaults to False.

    Raises
    ------
    ValueError
        If `num_bands` is not a positive integer, or too large.

    Examples
    --------
    >>> ShortTimeFourier(16000, 160, 400)(torch.randn(2, 16000)).shape
    torch.Size([2, 1, 64, 94])
    """

    initial: Tensor | None

    def __init__(
        self,
        sample_rate: int,
        hop_length: int,
        window_length: int,
        num_bands: int = 64,
        trainable_stft: bool = False,
    ) -> None:
        from nnAudio.features import STFT

        super().__init__()
        check_size("num_bands", num_bands, MAX_NUM_BANDS)
        self.num_bands = num_bands
        self.kernel_length = fft_length(sample_rate, window_length)
        self.stft = STFT(
            n_fft=self.kernel_length,
            win_length=window_length,
            hop_length=hop_length,
            center=False,
            sr=sample_rate,
            trainable=trainable_stft,
            verbose=False,
        )
        self.centres = sample_rate / 2 / num_bands * (torch.arange(num_bands) + 0.5)
        self.nyquist = sample_rate / 2
        initial = self._measured() if trainable_stft else None
        self.register_buffer("initial", initial, persistent=False)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the (batch, 1, band, frame) power of (batch, sample) waveforms."""
        power = self.stft(waveforms, output_format="Complex").square().sum(dim=-1)
        return self._pooled(power)

    def bands(self) -> Bands | None:
        """Return bands now and before training. Widths are those at half power."""
        if self.initial is None:
            return None
        return Bands(*self._measured()[:, None], *self.initial[:, None])

    def _pooled(self, power: Tensor) -> Tensor:
        return nn.functional.adaptive_avg_pool2d(power[:, None, 1:], (self.num_bands, None))

    def _measured(self) -> Tensor:
        power = power_response(self.stft.wcos[:, 0], self.stft.wsin[:, 0])
        return half_power_bands(self._pooled(power[None])[0, 0], self.nyquist)
