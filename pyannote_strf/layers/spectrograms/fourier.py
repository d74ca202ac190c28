"""Power of Fourier transforms."""

from __future__ import annotations

import torch
from torch import Tensor
from torchaudio.transforms import Spectrogram

from pyannote_strf.checks import check_size

# shortest FFT, in seconds, so that each mel band holds a few bins
MIN_FFT_DURATION = 0.064


class FourierPower(Spectrogram):
    """Power of the bins of short-time Fourier transforms with Hann windows.

    Parameters
    ----------
    n_fft, window_length, hop_length : int
        In samples.

    Examples
    --------
    >>> import torch
    >>> FourierPower(512, 400, 160)(torch.randn(2, 16000)).shape
    torch.Size([2, 257, 97])
    """

    def __init__(self, n_fft: int, window_length: int, hop_length: int) -> None:
        # with `power=2`, torchaudio squares a square root, which is three times slower
        super().__init__(
            n_fft=n_fft, win_length=window_length, hop_length=hop_length, center=False, power=None
        )

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the (batch, bin, frame) power of (batch, sample) waveforms."""
        return power(self.spectrum(waveforms))

    def spectrum(self, waveforms: Tensor) -> Tensor:
        """Return the (batch, bin, frame) complex spectrum of (batch, sample) waveforms."""
        return super().forward(waveforms)


def power(spectrum: Tensor) -> Tensor:
    """Return the power of a (batch, bin, frame) spectrum, without a copy of its parts.

    >>> power(torch.tensor([[[3 + 4j]]]))
    tensor([[[25.]]])
    """
    real, imag = torch.view_as_real(spectrum.transpose(1, 2)).unbind(-1)
    return torch.addcmul(real.square(), imag, imag).transpose(1, 2)


def product(spectrum: Tensor, other: Tensor) -> Tensor:
    """Return the real part of a (batch, bin, frame) spectrum times the conjugate of another one.

    >>> product(torch.tensor([[[3 + 4j]]]), torch.tensor([[[1j]]]))
    tensor([[[4.]]])
    """
    return torch.addcmul(spectrum.real * other.real, spectrum.imag, other.imag)


def fft_length(sample_rate: int, window_length: int, min_duration: float = MIN_FFT_DURATION) -> int:
    """Return the smallest power of two that covers the window and a duration in seconds.

    >>> fft_length(16000, 400), fft_length(16000, 400, min_duration=0)
    (1024, 512)
    """
    return 1 << (max(window_length, round(min_duration * sample_rate)) - 1).bit_length()


def check_fft(n_fft: int, window_length: int) -> None:
    """Check that a Fourier transform covers its window.

    Raises
    ------
    ValueError
        If `n_fft` is not an integer, or below `window_length`.
    """
    check_size("n_fft", n_fft)
    if n_fft < window_length:
        raise ValueError(f"n_fft must be at least the window, {window_length}, got {n_fft}")
