"""Power of harmonic bands of learnable width."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from pyannote_strf.layers.bands import Bands
from pyannote_strf.layers.bounded import to_range
from pyannote_strf.layers.spectrograms.base import PowerSpectrogram
from pyannote_strf.layers.spectrograms.fourier import FourierPower, check_fft, fft_length
from pyannote_strf.layers.spectrograms.harmonics import fundamentals

HARMONICS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)

# lowest band, in hertz: C1
MIN_FREQUENCY = 32.7

# equivalent rectangular bandwidth: slope, and width at 0 Hz in hertz
BANDWIDTH = (0.1079, 24.7)

# limits of the quality factor, whose geometric mean is its initial value
MIN_Q, MAX_Q = 0.125, 32.0
INITIAL_Q = math.sqrt(MIN_Q * MAX_Q)


class HarmonicFourier(PowerSpectrogram):
    """Power of triangular bands at multiples of the same frequencies, with one learnable Q.

    Each channel is one harmonic: band `k` of the channel of harmonic `h` is centred on `f`, which
    is `h` times `centres[k]`. The triangle has a base of `(0.1079 f + 24.7) / Q` hertz, but covers
    at least one Fourier bin on either side. `Q` is learnt, starts from 2, and stays between 0.125
    and 32. Bands with a harmonic above half the sample rate are dropped from all channels.

    Parameters
    ----------
    sample_rate : int
        In hertz.
    hop_length, window_length : int
        In samples.
    num_bands : int, optional
        Number of bands of each channel. A warning says how many are dropped. Defaults to all that
        remain: 128 at 16 kHz.
    f_min : float, optional
        Lowest centre frequency of harmonic 1, in hertz. Defaults to 32.7, C1.
    bands_per_octave : int, optional
        Defaults to 24.
    harmonics : sequence of float, optional
        Multiples of frequencies. Default to 1, 2, 3, 4, 5 and 6.
    n_fft : int, optional
        Number of samples of the Fourier transform. Defaults to the smallest power of two that
        covers the window and 64 ms.

    Raises
    ------
    ValueError
        If an option is out of range, or no bands remain.

    References
    ----------
    M. Won, S. Chun, O. Nieto and X. Serra, "Data-driven harmonic filters for audio representation
    learning", ICASSP 2020.

    Examples
    --------
    >>> HarmonicFourier(16000, 160, 400)(torch.randn(2, 16000)).shape
    torch.Size([2, 6, 128, 94])
    """

    bins: Tensor
    frequencies: Tensor

    def __init__(
        self,
        sample_rate: int,
        hop_length: int,
        window_length: int,
        num_bands: int | None = None,
        f_min: float = MIN_FREQUENCY,
        bands_per_octave: int = 24,
        harmonics: tuple[float, ...] = HARMONICS,
        n_fft: int | None = None,
    ) -> None:
        super().__init__()
        self.centres = fundamentals(sample_rate, f_min, bands_per_octave, num_bands, harmonics)
        n_fft = fft_length(sample_rate, window_length) if n_fft is None else n_fft
        check_fft(n_fft, window_length)
        self.num_channels = len(harmonics)
        self.num_bands = len(self.centres)
        self.kernel_length = n_fft
        self.fourier = FourierPower(n_fft, window_length, hop_length)
        self.spacing = sample_rate / n_fft
        multiples = torch.tensor(harmonics)[:, None] * self.centres
        bins = self.spacing * torch.arange(n_fft // 2 + 1)
        self.register_buffer("frequencies", multiples.flatten(), persistent=False)
        self.register_buffer("bins", bins, persistent=False)
        self.raw_q = nn.Parameter(torch.zeros(1))

    @property
    def q(self) -> Tensor:
        """Quality factor, (1,)."""
        return to_range(self.raw_q, math.log(MIN_Q), math.log(MAX_Q)).exp()

    def weights(self) -> Tensor:
        """Return the weights of bins in each band of each channel, (bin, harmonic * band)."""
        distance = (self.bins[:, None] - self.frequencies).abs()
        return (1 - distance / self._half_bases(self.q)).clamp(min=0)

    def bands(self) -> Bands:
        """Return bands now and before training. Widths are those at half power."""
        shape = (self.num_channels, self.num_bands)
        centres = self.frequencies.view(shape)
        # a triangle has half its power at half its base
        now, initial = (
            self._half_bases(q).view(shape) for q in (self.q.detach(), torch.tensor(INITIAL_Q))
        )
        return Bands(centres, now, centres, initial)

    def _half_bases(self, q: Tensor) -> Tensor:
        slope, at_zero = BANDWIDTH
        half_bases = (slope * self.frequencies + at_zero) / (2 * q)
        return half_bases.clamp(min=self.spacing)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the (batch, harmonic, band, frame) power of (batch, sample) waveforms."""
        power = self.fourier(waveforms).transpose(1, 2) @ self.weights()
        return power.transpose(1, 2).unflatten(1, (self.num_channels, self.num_bands))
