"""Power of mel bands."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
import torchaudio
from torch import Tensor, nn

from pyannote_strf.checks import check_size
from pyannote_strf.layers.bands import Bands, half_power_bands, power_response
from pyannote_strf.layers.chunks import Chunks
from pyannote_strf.layers.spectrograms.base import (
    MAX_NUM_BANDS,
    PowerSpectrogram,
    highest_frequency,
)
from pyannote_strf.layers.spectrograms.fourier import (
    FourierPower,
    check_fft,
    fft_length,
    power,
    product,
)

# number of waveforms whose spectra are computed together, measured
EXAMPLES = 8


class Mel(PowerSpectrogram):
    """Power of mel bands.

    Parameters
    ----------
    sample_rate : int
        In hertz.
    hop_length, window_length : int
        In samples.
    num_bands : int, optional
        Number of bands. Defaults to 64.
    f_min, f_max : float, optional
        Edges of the lowest and highest bands, in hertz. Default to 0 and half the sample rate.
    n_fft : int, optional
        Number of samples of the Fourier transform. Defaults to the smallest power of two that
        covers the window and 64 ms.
    trainable_mel : bool, optional
        Whether to learn the mel filters. Defaults to False.
    trainable_stft : bool, optional
        Whether to learn the Fourier kernels. Defaults to False.

    Raises
    ------
    ValueError
        If `num_bands` is not a positive integer, or too large; if `f_min` is not below `f_max`, or
        `f_max` is above half the sample rate; or if `n_fft` does not cover the window, or its bins
        are wider than some bands.

    Notes
    -----
    Torchaudio computes fixed bands, nnAudio trainable bands. Both use Slaney's mel scale and area
    normalisation, and give the same power.

    Examples
    --------
    >>> Mel(16000, 160, 400)(torch.randn(2, 16000)).shape
    torch.Size([2, 1, 64, 94])
    """

    def __init__(
        self,
        sample_rate: int,
        hop_length: int,
        window_length: int,
        num_bands: int = 64,
        f_min: float = 0.0,
        f_max: float | None = None,
        n_fft: int | None = None,
        trainable_mel: bool = False,
        trainable_stft: bool = False,
    ) -> None:
        super().__init__()
        check_size("num_bands", num_bands, MAX_NUM_BANDS)
        f_max = highest_frequency(sample_rate, f_min, f_max)
        self.num_bands = num_bands
        if n_fft is None:
            n_fft = fft_length(sample_rate, window_length)
        check_fft(n_fft, window_length)
        self.kernel_length = n_fft
        sizes = Sizes(sample_rate, hop_length, window_length, num_bands, n_fft, f_min, f_max)
        if trainable_mel or trainable_stft:
            self.mel: TrainableMel | FixedMel = TrainableMel(sizes, trainable_mel, trainable_stft)
        else:
            self.mel = FixedMel(sizes)
        basis = self.mel.basis.detach()
        empty = (basis == 0).all(dim=-1)
        if not empty.is_meta and empty.any():
            raise ValueError(
                f"{int(empty.sum())} of {num_bands} bands are narrower than the bins of n_fft "
                f"{n_fft}: choose fewer num_bands or a larger n_fft"
            )
        frequencies = torch.linspace(0, sample_rate / 2, basis.shape[-1])
        # mean frequency of each band, weighted by its filter
        self.centres = basis @ frequencies / basis.sum(dim=-1)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the (batch, 1, band, frame) power of (batch, sample) waveforms."""
        return self.mel(waveforms)[:, None]

    def of_chunks(self, chunks: Chunks, num_frames: int) -> Tensor | None:
        """Return the (chunk, 1, band, frame) power of chunks, if filters are fixed."""
        if isinstance(self.mel, TrainableMel):
            return None
        return self.mel.of_chunks(chunks, num_frames)[:, None]

    def bands(self) -> Bands | None:
        """Return bands now and before training. Widths are those at half power."""
        return self.mel.bands() if isinstance(self.mel, TrainableMel) else None


class Sizes(NamedTuple):
    """Sizes in samples, and frequencies in hertz."""

    sample_rate: int
    hop_length: int
    window_length: int
    num_bands: int
    n_fft: int
    f_min: float
    f_max: float


class FixedMel(nn.Module):
    """Power of mel bands with fixed filters, by torchaudio."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.fourier = FourierPower(sizes.n_fft, sizes.window_length, sizes.hop_length)
        self.mel_scale = torchaudio.transforms.MelScale(
            sizes.num_bands,
            sizes.sample_rate,
            f_min=sizes.f_min,
            f_max=sizes.f_max,
            n_stft=sizes.n_fft // 2 + 1,
            norm="slaney",
            mel_scale="slaney",
        )

    @property
    def basis(self) -> Tensor:
        """Weights of FFT bins in each band: (band, bin)."""
        return self.mel_scale.fb.T

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the (batch, band, frame) power of (batch, sample) waveforms."""
        if torch.compiler.is_compiling():
            return self._power(waveforms)
        # spectra of a few waveforms fit the cache of a processor
        return torch.cat([self._power(some) for some in waveforms.split(EXAMPLES)])

    def _power(self, waveforms: Tensor) -> Tensor:
        return self.basis @ self.fourier(waveforms)

    def of_chunks(self, chunks: Chunks, num_frames: int) -> Tensor:
        """Return the (chunk, band, frame) power of chunks minus their means.

        With spectrum `S` of the waveform minus a constant, spectrum `C` of a constant of one, and
        remaining mean `m` of a chunk, its power is `|S|^2 - 2 m Re(S C*) + m^2 |C|^2`.
        """
        constant = chunks.offsets.mean()
        means = (chunks.offsets - constant)[..., None]
        margin = self.fourier.n_fft - self.fourier.win_length
        waveform = F.pad(chunks.waveform - constant, (margin // 2, margin - margin // 2))
        spectrum = self.fourier.spectrum(waveform[None])
        ones = self.fourier.spectrum(waveform.new_ones(1, self.fourier.n_fft))
        both = (self.basis @ part for part in (power(spectrum), product(spectrum, ones)))
        # (band, frame) of the waveform to (chunk, band, frame)
        of_waveform, cross = (
            bands[0].unfold(1, num_frames, chunks.step).transpose(0, 1) for bands in both
        )
        return of_waveform - 2 * means * cross + means.square() * (self.basis @ power(ones))


class TrainableMel(nn.Module):
    """Power of mel bands with learnable mel filters or Fourier kernels, by nnAudio."""

    initial: Tensor

    def __init__(self, sizes: Sizes, trainable_mel: bool, trainable_stft: bool) -> None:
        from nnAudio.features import MelSpectrogram

        super().__init__()
        self.mel = MelSpectrogram(
            sr=sizes.sample_rate,
            n_fft=sizes.n_fft,
            win_length=sizes.window_length,
            n_mels=sizes.num_bands,
            hop_length=sizes.hop_length,
            fmin=sizes.f_min,
            fmax=sizes.f_max,
            center=False,
            trainable_mel=trainable_mel,
            trainable_STFT=trainable_stft,
            verbose=False,
        )
        self.nyquist = sizes.sample_rate / 2
        self.register_buffer("initial", self._measured(), persistent=False)

    @property
    def basis(self) -> Tensor:
        """Weights of FFT bins in each band: (band, bin)."""
        return self.mel.mel_basis

    def bands(self) -> Bands:
        """Return bands now and before training."""
        return Bands(*self._measured()[:, None], *self.initial[:, None])

    @torch.no_grad()
    def _measured(self) -> Tensor:
        bins = power_response(self.mel.stft.wcos[:, 0], self.mel.stft.wsin[:, 0])
        # trained weights may be negative
        return half_power_bands(self.basis.abs() @ bins, self.nyquist)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the (batch, band, frame) power of (batch, sample) waveforms."""
        # nnAudio 0.3.4 takes the square root of the power, whose gradient is NaN on silence
        power = self.mel.stft(waveforms, output_format="Complex").square().sum(dim=-1)
        return self.mel.mel_basis @ power
