"""Logarithmic spectrogram of any kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from pyannote_strf.checks import (
    check_choice,
    check_mapping,
    check_number,
    check_type,
)
from pyannote_strf.constructors import check_options
from pyannote_strf.layers.bands import Bands
from pyannote_strf.layers.chunks import find_chunks
from pyannote_strf.layers.defaults import defaults
from pyannote_strf.layers.gain_control import GainControl
from pyannote_strf.layers.spectrograms.base import PowerSpectrogram
from pyannote_strf.layers.waveforms import check_waveforms
from pyannote_strf.plugins import load_plugin

GROUP = "pyannote_strf.spectrograms"
KIND = "mel"
NORMALISATIONS = ("none", "mean", "instance", "band")

# in hertz
SAMPLE_RATES = range(8000, 48001)

# longest hop or window, in seconds
MAX_DURATION = 1.0

# smallest power, which stands for silence
FLOOR = 1e-10


class Spectrogram(nn.Module):
    """Logarithmic spectrogram, with each example normalised on its own.

    Successive frames are `hop` seconds apart. The first frame is centred on the first `window`
    seconds, so that no frame extends beyond the waveform. Kinds with longer kernels pad the
    waveform with zeros.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz, 8000 to 48000. Defaults to 16000.
    kind : str, optional
        Kind of bands: "mel" (default), equally wide bands ("stft"), constant Q from 65 Hz up
        ("cqt"), bands with learnable centres and widths ("sincgram"), the same bands of several
        harmonics, one per channel ("hcqt" and "hstft"), or any other name registered in the entry
        points `pyannote_strf.spectrograms`.
    hop : float, optional
        Time between two frames, in seconds. Defaults to 0.01.
    window : float, optional
        Duration of a frame, in seconds. Defaults to 0.025.
    normalisation : {"instance", "band", "mean", "none"}, optional
        "instance" (default) gives the image of each example zero mean and unit variance, and "band"
        does so for each band. "mean" subtracts the mean, which keeps contrasts in decibels. "none"
        returns decibels.
    dynamic_range : float, optional
        Range below the loudest value of each example, in decibels. Lower values are raised to its
        lower end. Defaults to 80.
    gain_control : bool, optional
        Whether to measure each band relative to its recent level: see
        :class:`~pyannote_strf.layers.gain_control.GainControl`. Defaults to False.
    options : optional
        Options of the kind, such as `num_bands`: see :mod:`pyannote_strf.layers.spectrograms`.

    Raises
    ------
    ValueError
        If the kind or an option does not exist, or a value is out of range.

    Examples
    --------
    >>> spectrogram = Spectrogram()
    >>> spectrogram(torch.randn(2, 1, 32000)).shape
    torch.Size([2, 1, 64, 198])
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        kind: str = KIND,
        hop: float = 0.010,
        window: float = 0.025,
        normalisation: str = "instance",
        dynamic_range: float = 80.0,
        gain_control: bool = False,
        **options: Any,
    ) -> None:
        super().__init__()
        check_choice("normalisation", normalisation, NORMALISATIONS)
        check_number("sample_rate", sample_rate, least=SAMPLE_RATES[0], most=SAMPLE_RATES[-1])
        for name, duration in (("hop", hop), ("window", window)):
            check_number(name, duration, least=1 / sample_rate, most=MAX_DURATION)
        check_number("dynamic_range", dynamic_range, least=1)

        self.sample_rate = sample_rate
        self.hop_length = round(hop * sample_rate)
        self.window_length = round(window * sample_rate)
        self.normalisation = normalisation
        self.dynamic_range = dynamic_range
        self.gain_control = GainControl(self.hop_length / sample_rate) if gain_control else None
        Kind = _load(kind)
        check_options(Kind, options, num_given=3, others=defaults(Spectrogram))
        self.power = Kind(sample_rate, self.hop_length, self.window_length, **options)

    @property
    def num_channels(self) -> int:
        """Number of channels of the image."""
        return self.power.num_channels

    @property
    def num_bands(self) -> int:
        """Number of bands of the image."""
        return self.power.num_bands

    @property
    def centres(self) -> Tensor | None:
        """Centre frequency of each band, (num_bands,), in hertz. None if bands have no centre."""
        return self.power.centres

    def bands(self) -> Bands | None:
        """Return bands now and before training. None if they are not learnable."""
        return self.power.bands()

    def num_frames(self, num_samples: int) -> int:
        """Return the number of frames of a waveform of `num_samples` samples."""
        return max(0, (num_samples - self.window_length) // self.hop_length + 1)

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Return the number of samples in the receptive field of `num_frames` frames."""
        return self.window_length + (num_frames - 1) * self.hop_length

    def receptive_field_center(self, frame: int = 0) -> int:
        """Return the index of the sample that a frame is centred on."""
        return (self.window_length - 1) // 2 + frame * self.hop_length

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the images of waveforms.

        Parameters
        ----------
        waveforms : (batch, 1, sample) Tensor

        Returns
        -------
        image : (batch, channel, band, frame) Tensor

        Raises
        ------
        ValueError
            If waveforms are not mono, or shorter than one window.
        """
        power = self.measure(waveforms)
        with torch.autocast(waveforms.device.type, enabled=False):
            return self._image(power)

    def measure(self, waveforms: Tensor) -> Tensor:
        """Return the power of waveforms in every band, of the shape of images.

        Parameters
        ----------
        waveforms : (batch, 1, sample) Tensor
        """
        check_waveforms(waveforms, self.window_length)
        waveforms = waveforms[:, 0]
        # half precision cannot represent the power of quiet bands
        with torch.autocast(waveforms.device.type, enabled=False):
            chunks = find_chunks(waveforms, self.hop_length)
            if chunks is not None:
                power = self.power.of_chunks(chunks, self.num_frames(waveforms.shape[-1]))
                if power is not None:
                    return power
            waveforms = waveforms - waveforms.mean(dim=-1, keepdim=True)
            before = (self.power.kernel_length - self.window_length) // 2
            after = self.power.kernel_length - self.window_length - before
            return self.power(nn.functional.pad(waveforms, (before, after)))

    def _image(self, power: Tensor) -> Tensor:
        """Convert power to normalised decibels."""
        loudest = power.amax(dim=(1, 2, 3), keepdim=True)
        lowest = (loudest * 10 ** (-self.dynamic_range / 10)).clamp(min=FLOOR)
        power = torch.maximum(power, lowest)
        if self.gain_control is None:
            decibels = 10 * torch.log10(power)
        else:
            decibels = self.gain_control(power.flatten(1, 2)).view_as(power)
        if self.normalisation == "none":
            return decibels
        dim = -1 if self.normalisation == "band" else (1, 2, 3)
        # torch.var_mean takes ten times as long on a CPU
        centred = decibels - decibels.mean(dim=dim, keepdim=True)
        if self.normalisation == "mean":
            return centred
        return centred / torch.sqrt(centred.square().mean(dim=dim, keepdim=True) + 1.0)


def spectrogram_options(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return options, with defaults of :class:`Spectrogram` and of its kind for the others.

    Raises
    ------
    ValueError
        If `options` is not a mapping, or the kind does not exist.

    >>> options = spectrogram_options({"kind": "cqt", "hop": 0.02})
    >>> options["kind"], options["hop"], options["num_bands"], options["dynamic_range"]
    ('cqt', 0.02, 64, 80.0)
    """
    options = {} if options is None else options
    check_mapping("spectrogram", options)
    shared = {**defaults(Spectrogram), **options}
    return {**defaults(_load(shared["kind"])), **shared}


def _load(kind: str) -> type[PowerSpectrogram]:
    check_type("spectrogram: kind", kind, str)
    return load_plugin(GROUP, kind, "pyannote_strf.layers.spectrograms", PowerSpectrogram)
