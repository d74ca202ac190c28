"""Bands with learnable centres and widths."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pyannote_strf.checks import check_size
from pyannote_strf.layers.bands import Bands
from pyannote_strf.layers.bounded import from_range, to_range
from pyannote_strf.layers.spectrograms.base import (
    MAX_NUM_BANDS,
    PowerSpectrogram,
    highest_frequency,
)
from pyannote_strf.layers.spectrograms.fourier import FourierPower, check_fft, fft_length
from pyannote_strf.layers.spectrograms.mel_scale import to_hertz, to_mel

MAX_ORDER = 16

# added where a square root or a logarithm has no gradient at zero
TINY = 1e-20

# logarithm of the largest attenuation of power: 174 dB
MAX_ATTENUATION = 40.0

# distance of initial widths from their limits, as a factor
MARGIN = 1.05


class SincGram(PowerSpectrogram):
    """Squared amplitude of band-pass filters with learnable centres and widths.

    The amplitude of a band is the sum over Fourier bins of their magnitudes, weighted by the
    response of a Butterworth filter:

        1 / sqrt(1 + ((f - centre) / (width / 2))^(2 order))

    Centres and widths start from the mel scale: the width of a band is the distance between the
    centres of its neighbours. Centres stay between 0 and half the sample rate. Widths stay between
    half a bin and half the sample rate.

    Parameters
    ----------
    sample_rate : int
        In hertz.
    hop_length, window_length : int
        In samples.
    num_bands : int, optional
        Number of bands. Defaults to 64.
    f_min, f_max : float, optional
        Initial edges of the lowest and highest bands, in hertz. Default to 0 and half the sample
        rate.
    n_fft : int, optional
        Number of samples of the Fourier transform. Defaults to the smallest power of two that
        covers the window.
    order : int, optional
        Order of the filters. Higher orders have steeper slopes. Defaults to 5.

    Raises
    ------
    ValueError
        If an option is out of range.

    References
    ----------
    P. Foggia, A. Greco, A. Roberto, A. Saggese and M. Vento, "Degramnet: effective audio analysis
    based on a fully learnable time-frequency representation", Neural Computing and Applications
    2023.

    Examples
    --------
    >>> SincGram(16000, 160, 400)(torch.randn(2, 16000)).shape
    torch.Size([2, 1, 64, 97])
    """

    bins: Tensor
    initial: Tensor

    def __init__(
        self,
        sample_rate: int,
        hop_length: int,
        window_length: int,
        num_bands: int = 64,
        f_min: float = 0.0,
        f_max: float | None = None,
        n_fft: int | None = None,
        order: int = 5,
    ) -> None:
        super().__init__()
        check_size("num_bands", num_bands, MAX_NUM_BANDS)
        check_size("order", order, MAX_ORDER)
        f_max = highest_frequency(sample_rate, f_min, f_max)
        n_fft = fft_length(sample_rate, window_length, 0) if n_fft is None else n_fft
        check_fft(n_fft, window_length)
        self.num_bands = num_bands
        self.kernel_length = n_fft
        self.order = order
        self.fourier = FourierPower(n_fft, window_length, hop_length)
        self.nyquist = sample_rate / 2
        self.limits = (math.log(self.nyquist / n_fft), math.log(self.nyquist))
        self.register_buffer(
            "bins", torch.linspace(0, self.nyquist, n_fft // 2 + 1), persistent=False
        )

        edges = torch.linspace(to_mel(f_min), to_mel(f_max), num_bands + 2)
        widths = to_hertz(edges[2:]) - to_hertz(edges[:-2])
        narrowest, widest = MARGIN * self.nyquist / n_fft, self.nyquist / MARGIN
        self.raw_centre = nn.Parameter(from_range(edges[1:-1], 0, to_mel(self.nyquist)))
        widths = widths.clamp(narrowest, widest)
        self.raw_width = nn.Parameter(from_range(widths.log(), *self.limits))
        initial = torch.stack([self.centres, self.widths])
        self.register_buffer("initial", initial, persistent=False)

    @property
    def centres(self) -> Tensor:  # type: ignore[override]
        """Centre frequency of each band, (num_bands,), in hertz."""
        return to_hertz(to_range(self.raw_centre, 0, to_mel(self.nyquist))).detach()

    @property
    def widths(self) -> Tensor:
        """Width of each band between the points at -3 dB, (num_bands,), in hertz."""
        return to_range(self.raw_width, *self.limits).exp().detach()

    def bands(self) -> Bands:
        """Return bands now and before training. Widths are those at half power."""
        return Bands(self.centres[None], self.widths[None], *self.initial[:, None])

    def weights(self) -> Tensor:
        """Return the weights of bins in each band, (bin, band)."""
        centres = to_hertz(to_range(self.raw_centre, 0, to_mel(self.nyquist)))
        half_widths = to_range(self.raw_width, *self.limits).exp() / 2
        distance = (self.bins[:, None] - centres) / half_widths
        # powers may overflow, their logarithms do not
        attenuation = self.order * torch.log(distance.square() + TINY)
        return torch.exp(-F.softplus(attenuation.clamp(max=MAX_ATTENUATION)) / 2)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the (batch, 1, band, frame) power of (batch, sample) waveforms."""
        magnitude = self.fourier(waveforms).add_(TINY).sqrt_()
        return (magnitude.transpose(1, 2) @ self.weights()).square().transpose(1, 2)[:, None]
