"""Waveform to logarithmic time-frequency image."""

from __future__ import annotations

import math

import torch
import torchaudio
from nnAudio.features import STFT, CQT1992v2, MelSpectrogram
from torch import Tensor, nn

from pyannote_strf.checks import check_choice, check_number, check_size
from pyannote_strf.layers.gain_control import GainControl

KINDS = ("mel", "stft", "cqt")
NUM_BANDS = 64
NORMALISATIONS = ("none", "mean", "instance", "band")

# power below which everything is silence
FLOOR = 1e-10

# The FFT is no shorter than this, whatever the window, so that each mel band holds a few bins.
MIN_FFT_DURATION = 0.064

# lowest band of the constant-Q transform, in hertz: C2
MIN_CQT_FREQUENCY = 65.41


class Spectrogram(nn.Module):
    """Logarithmic spectrogram, compressed and normalised example by example.

    Frames lie `hop` apart; the first one is centred on the middle of the first `window` seconds, so
    that no frame looks beyond its waveform. (The constant-Q transform, whose kernels are longer in
    low bands, sees zeros there.)

    Parameters
    ----------
    sample_rate : int, optional
        8000 to 48000 Hz. Defaults to 16000.
    kind : {"mel", "stft", "cqt"}, optional
        Frequency axis: mel bands (default), equally wide bands, or constant Q from 65 Hz up.
    num_bands : int, optional
        Defaults to 64.
    hop, window : float, optional
        In seconds. Default to 10 ms and 25 ms.
    trainable_mel, trainable_stft : bool, optional
        Learn the mel filters, or the Fourier (for "cqt": constant-Q) kernels. Default to False.
    normalisation : {"instance", "band", "mean", "none"}, optional
        Zero mean and unit variance over the whole image of each example (default), or band by band;
        or zero mean alone, which keeps contrasts in decibels; or nothing of all that.
    dynamic_range : float, optional
        Decibels kept below the loudest value of each example. Defaults to 80.
    gain_control : bool, optional
        Measure each band relative to its recent level: see
        :class:`~pyannote_strf.layers.gain_control.GainControl`. Defaults to False.

    Notes
    -----
    A fixed mel spectrogram runs on torchaudio, the rest on nnAudio; both use Slaney's mel scale and
    area normalisation, and agree with each other.

    Examples
    --------
    >>> spectrogram = Spectrogram()
    >>> spectrogram(torch.randn(2, 1, 32000)).shape
    torch.Size([2, 64, 198])
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        kind: str = "mel",
        num_bands: int = NUM_BANDS,
        hop: float = 0.010,
        window: float = 0.025,
        trainable_mel: bool = False,
        trainable_stft: bool = False,
        normalisation: str = "instance",
        dynamic_range: float = 80.0,
        gain_control: bool = False,
    ):
        super().__init__()
        check_choice("kind", kind, KINDS)
        check_choice("normalisation", normalisation, NORMALISATIONS)
        check_number("sample_rate", sample_rate, least=8000, most=48000)
        check_size("num_bands", num_bands)
        for name, duration in (("hop", hop), ("window", window)):
            check_number(name, duration, least=1 / sample_rate)
        check_number("dynamic_range", dynamic_range, least=1)
        if trainable_mel and kind != "mel":
            raise ValueError(f"trainable_mel needs kind 'mel', got {kind!r}")

        self.sample_rate = sample_rate
        self.num_bands = num_bands
        self.hop_length = round(hop * sample_rate)
        self.window_length = round(window * sample_rate)
        self.normalisation = normalisation
        self.dynamic_range = dynamic_range
        self.gain_control = GainControl(self.hop_length / sample_rate) if gain_control else None

        if kind == "cqt":
            self.power = ConstantQPower(sample_rate, num_bands, self.hop_length, trainable_stft)
        elif kind == "stft":
            self.power = FourierPower(
                sample_rate, num_bands, self.hop_length, self.window_length, trainable_stft
            )
        elif trainable_mel or trainable_stft:
            self.power = TrainableMelPower(
                sample_rate,
                num_bands,
                self.hop_length,
                self.window_length,
                trainable_mel,
                trainable_stft,
            )
        else:
            self.power = FixedMelPower(sample_rate, num_bands, self.hop_length, self.window_length)

    @property
    def centres(self) -> Tensor:
        """Centre frequency of each band, in hertz: (num_bands,)."""
        return self.power.centres

    def num_frames(self, num_samples: int) -> int:
        """Number of frames of a waveform of that many samples."""
        return max(0, (num_samples - self.window_length) // self.hop_length + 1)

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Number of samples seen by that many frames."""
        return self.window_length + (num_frames - 1) * self.hop_length

    def receptive_field_center(self, frame: int = 0) -> int:
        """Sample on which a frame is centred."""
        return (self.window_length - 1) // 2 + frame * self.hop_length

    def forward(self, waveforms: Tensor) -> Tensor:
        """
        Parameters
        ----------
        waveforms : (batch, channel, sample) Tensor
            Mono: `channel` is 1.

        Returns
        -------
        image : (batch, band, frame) Tensor

        Raises
        ------
        ValueError
            If waveforms are not mono, or shorter than one window.
        """
        if waveforms.ndim != 3 or waveforms.shape[1] != 1:
            raise ValueError(
                f"expected mono waveforms, (batch, 1, sample), got {tuple(waveforms.shape)}"
            )
        if waveforms.shape[-1] < self.window_length:
            raise ValueError(
                f"waveform of {waveforms.shape[-1]} samples is shorter than one window of "
                f"{self.window_length} samples"
            )
        waveforms = waveforms[:, 0]
        waveforms = waveforms - waveforms.mean(dim=-1, keepdim=True)
        before = (self.power.kernel_length - self.window_length) // 2
        after = self.power.kernel_length - self.window_length - before
        # half precision cannot hold the powers of quiet bands
        with torch.autocast(waveforms.device.type, enabled=False):
            return self._image(self.power(nn.functional.pad(waveforms, (before, after))))

    def _image(self, power: Tensor) -> Tensor:
        """Power to normalised decibels."""
        loudest = power.amax(dim=(-2, -1), keepdim=True)
        lowest = (loudest * 10 ** (-self.dynamic_range / 10)).clamp(min=FLOOR)
        power = torch.maximum(power, lowest)
        decibels = (
            10 * torch.log10(power) if self.gain_control is None else self.gain_control(power)
        )
        if self.normalisation == "none":
            return decibels
        dim = -1 if self.normalisation == "band" else (-2, -1)
        variance, mean = torch.var_mean(decibels, dim=dim, keepdim=True, correction=0)
        if self.normalisation == "mean":
            return decibels - mean
        return (decibels - mean) / torch.sqrt(variance + 1.0)


def fft_length(sample_rate: int, window_length: int) -> int:
    """Smallest power of two that holds the window and resolves mel bands.

    >>> fft_length(16000, 400)
    1024
    """
    return 1 << (max(window_length, round(MIN_FFT_DURATION * sample_rate)) - 1).bit_length()


class FixedMelPower(nn.Module):
    """Mel power spectrogram, by torchaudio."""

    def __init__(self, sample_rate: int, num_bands: int, hop_length: int, window_length: int):
        super().__init__()
        self.kernel_length = fft_length(sample_rate, window_length)
        # its own power of 2 takes the root of a sum of squares, then the square: three times slower
        self.fourier = torchaudio.transforms.Spectrogram(
            n_fft=self.kernel_length,
            win_length=window_length,
            hop_length=hop_length,
            center=False,
            power=None,
        )
        self.mel_scale = torchaudio.transforms.MelScale(
            num_bands,
            sample_rate,
            n_stft=self.kernel_length // 2 + 1,
            norm="slaney",
            mel_scale="slaney",
        )
        self.centres = mel_centres(sample_rate, self.mel_scale.fb.T)

    def forward(self, waveforms: Tensor) -> Tensor:
        spectrum = self.fourier(waveforms)
        return self.mel_scale(spectrum.real.square() + spectrum.imag.square())


class TrainableMelPower(nn.Module):
    """Mel power spectrogram with learnable mel filters or Fourier kernels, by nnAudio."""

    def __init__(
        self,
        sample_rate: int,
        num_bands: int,
        hop_length: int,
        window_length: int,
        trainable_mel: bool,
        trainable_stft: bool,
    ):
        super().__init__()
        self.kernel_length = fft_length(sample_rate, window_length)
        self.mel = MelSpectrogram(
            sr=sample_rate,
            n_fft=self.kernel_length,
            win_length=window_length,
            n_mels=num_bands,
            hop_length=hop_length,
            center=False,
            trainable_mel=trainable_mel,
            trainable_STFT=trainable_stft,
            verbose=False,
        )
        self.centres = mel_centres(sample_rate, self.mel.mel_basis.detach())

    def forward(self, waveforms: Tensor) -> Tensor:
        # nnAudio 0.3.4 takes the square root of the power, whose gradient is NaN on silence
        power = self.mel.stft(waveforms, output_format="Complex").square().sum(dim=-1)
        return self.mel.mel_basis @ power


class FourierPower(nn.Module):
    """Mean power of equally wide bands, by nnAudio."""

    def __init__(
        self,
        sample_rate: int,
        num_bands: int,
        hop_length: int,
        window_length: int,
        trainable: bool,
    ):
        super().__init__()
        self.kernel_length = fft_length(sample_rate, window_length)
        self.num_bands = num_bands
        self.stft = STFT(
            n_fft=self.kernel_length,
            win_length=window_length,
            hop_length=hop_length,
            center=False,
            sr=sample_rate,
            trainable=trainable,
            verbose=False,
        )
        self.centres = sample_rate / 2 / num_bands * (torch.arange(num_bands) + 0.5)

    def forward(self, waveforms: Tensor) -> Tensor:
        power = self.stft(waveforms, output_format="Complex").square().sum(dim=-1)
        return nn.functional.adaptive_avg_pool2d(power[:, 1:], (self.num_bands, None))


class ConstantQPower(nn.Module):
    """Power of the constant-Q transform, from C2 to below the Nyquist frequency, by nnAudio."""

    def __init__(self, sample_rate: int, num_bands: int, hop_length: int, trainable: bool):
        super().__init__()
        octaves = math.log2(sample_rate / 2 / MIN_CQT_FREQUENCY)
        bands_per_octave = math.ceil(num_bands / octaves)
        self.cqt = CQT1992v2(
            sr=sample_rate,
            hop_length=hop_length,
            fmin=MIN_CQT_FREQUENCY,
            n_bins=num_bands,
            bins_per_octave=bands_per_octave,
            center=False,
            trainable=trainable,
            output_format="Complex",
            verbose=False,
        )
        self.kernel_length = self.cqt.kernel_width
        self.centres = MIN_CQT_FREQUENCY * 2 ** (torch.arange(num_bands) / bands_per_octave)

    def forward(self, waveforms: Tensor) -> Tensor:
        return self.cqt(waveforms).square().sum(dim=-1)


def mel_centres(sample_rate: int, mel_basis: Tensor) -> Tensor:
    """Centre of gravity of each mel filter, in hertz, from its (band, fft_bin) weights."""
    frequencies = torch.linspace(0, sample_rate / 2, mel_basis.shape[-1])
    return mel_basis @ frequencies / mel_basis.sum(dim=-1)
