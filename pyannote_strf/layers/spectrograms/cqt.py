"""Power of the constant-Q transform."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from pyannote_strf.checks import check_size
from pyannote_strf.layers.bands import Bands, half_power_bands, power_response
from pyannote_strf.layers.spectrograms.base import MAX_NUM_BANDS, PowerSpectrogram

# lowest band, in hertz: C2
MIN_FREQUENCY = 65.41


class ConstantQ(PowerSpectrogram):
    """Power of the constant-Q transform, from C2 to below the Nyquist frequency, by nnAudio.

    Kernels of low bands are longer than the window. The first and last frames are padded with
    zeros.

    Parameters
    ----------
    sample_rate : int
        In hertz.
    hop_length, window_length : int
        In samples.
    num_bands : int, optional
        Number of bands. Defaults to 64.
    trainable_stft : bool, optional
        Whether to learn the kernels. Defaults to False.

    Raises
    ------
    ValueError
        If `num_bands` is not a positive integer, or too large.

    Examples
    --------
    >>> ConstantQ(16000, 160, 400)(torch.randn(2, 16000)).shape
    torch.Size([2, 1, 64, 75])
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
        from nnAudio.features import CQT1992v2

        super().__init__()
        check_size("num_bands", num_bands, MAX_NUM_BANDS)
        self.num_bands = num_bands
        octaves = math.log2(sample_rate / 2 / MIN_FREQUENCY)
        bands_per_octave = math.ceil(num_bands / octaves)
        self.cqt = CQT1992v2(
            sr=sample_rate,
            hop_length=hop_length,
            fmin=MIN_FREQUENCY,
            n_bins=num_bands,
            bins_per_octave=bands_per_octave,
            center=False,
            trainable=trainable_stft,
            output_format="Complex",
            verbose=False,
        )
        self.kernel_length = self.cqt.kernel_width
        self.centres = MIN_FREQUENCY * 2 ** (torch.arange(num_bands) / bands_per_octave)
        self.nyquist = sample_rate / 2
        initial = self._measured() if trainable_stft else None
        self.register_buffer("initial", initial, persistent=False)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the (batch, 1, band, frame) power of (batch, sample) waveforms."""
        return self.cqt(waveforms).square().sum(dim=-1)[:, None]

    def bands(self) -> Bands | None:
        """Return bands now and before training. Widths are those at half power."""
        if self.initial is None:
            return None
        return Bands(*self._measured()[:, None], *self.initial[:, None])

    def _measured(self) -> Tensor:
        kernels = (self.cqt.cqt_kernels_real[:, 0], self.cqt.cqt_kernels_imag[:, 0])
        return half_power_bands(power_response(*kernels), self.nyquist)
