"""What all front-ends share that filter a spectrogram as an image."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor, nn

from pyannote_strf.checks import check_choice
from pyannote_strf.layers.spectrogram import Spectrogram

KERNEL_SIZE = (9, 111)
STRIDE = (4, 2)
NORMALISATIONS = {"instance": nn.InstanceNorm2d, "batch": nn.BatchNorm2d}
ACTIVATIONS = {"relu": F.relu, "leaky_relu": F.leaky_relu, "gelu": F.gelu}


class SpectrogramFrontend(nn.Module):
    """Front-end whose frames are those of its spectrogram, or every second one, and so on.

    The context that a later layer takes from padding does not belong in the grid, no more than
    that of an LSTM: a frame stays where its spectrogram window is.

    Parameters
    ----------
    sample_rate : int, optional
    spectrogram : dict, optional
        Options of :class:`~pyannote_strf.layers.spectrogram.Spectrogram`.
    step : int, optional
        Frames of the spectrogram from one frame to the next. Defaults to 1.
    """

    def __init__(self, sample_rate: int = 16000, spectrogram: dict | None = None, step: int = 1):
        super().__init__()
        self.step = step
        self.spectrogram = Spectrogram(sample_rate=sample_rate, **(spectrogram or {}))

    def num_frames(self, num_samples: int) -> int:
        """Number of frames of a waveform of that many samples."""
        return math.ceil(self.spectrogram.num_frames(num_samples) / self.step)

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Number of samples seen by that many frames."""
        return self.spectrogram.receptive_field_size((num_frames - 1) * self.step + 1)

    def receptive_field_center(self, frame: int = 0) -> int:
        """Sample on which a frame is centred."""
        return self.spectrogram.receptive_field_center(frame * self.step)


class ImageFrontend(SpectrogramFrontend):
    """Spectrogram, two-dimensional filters, compression over all their channels and bands.

    Responses of filters are normalised channel by channel, since those of fast filters are far
    smaller than those of slow ones. An activation follows them, and another one the compression.

    Parameters
    ----------
    filters : nn.Module
        (batch, 1, band, frame) to (batch, channel, band, frame).
    num_channels, num_bands : int
        Of what `filters` returns.
    sample_rate, spectrogram, step
        See :class:`SpectrogramFrontend`.
    num_features : int, optional
        Output dimension. Defaults to 64.
    activation : {"relu", "leaky_relu", "gelu"}, optional
        Defaults to "relu".
    normalisation : {"instance", "batch"}, optional
        Responses have zero mean and unit variance in each example (default), or over the examples of
        a batch: what responds to little then stays small, beside an image that keeps contrasts. In
        `eval()`, "batch" takes running averages, and no example depends on others.
    """

    def __init__(
        self,
        filters: nn.Module,
        num_channels: int,
        num_bands: int,
        sample_rate: int = 16000,
        spectrogram: dict | None = None,
        step: int = 1,
        num_features: int = 64,
        activation: str = "relu",
        normalisation: str = "instance",
    ):
        super().__init__(sample_rate=sample_rate, spectrogram=spectrogram, step=step)
        check_choice("activation", activation, ACTIVATIONS)
        check_choice("normalisation", normalisation, NORMALISATIONS)
        self.filters = filters
        self.activation = activation
        self.num_features = num_features
        self.normalisation = NORMALISATIONS[normalisation](num_channels, affine=True)
        self.compression = nn.Conv1d(num_channels * num_bands, num_features, kernel_size=1)

    def forward(self, waveforms: Tensor) -> Tensor:
        """(batch, channel, sample) waveforms to (batch, feature, frame) features."""
        activate = ACTIVATIONS[self.activation]
        responses = self.filters(self.spectrogram(waveforms)[:, None])
        responses = activate(self.normalisation(responses))
        return activate(self.compression(responses.flatten(1, 2)))
