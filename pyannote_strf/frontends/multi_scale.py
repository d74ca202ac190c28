"""Convolutions of several lengths on the waveform."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pyannote_strf.checks import check_choice, check_size
from pyannote_strf.frontends.base import Frontend
from pyannote_strf.layers.precision import at_least_single
from pyannote_strf.layers.spectrogram import SAMPLE_RATES

ACTIVATIONS = ("log", "relu")
MAX_NUM_SCALES = 8

# factor of magnitudes in their logarithm
COMPRESSION = 1e4

# smallest variance of waveforms
TINY = 1e-8


class MultiScale(Frontend):
    """Convolutions of several lengths on the waveform, at one stride.

    Each waveform has zero mean and unit variance. Filters of all lengths are centred on the same
    samples. Their compressed responses are bands of one channel, each normalised over time. Bands
    have no centre frequency.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    window_lengths : sequence of int, optional
        Length of the filters of each scale, in samples. Defaults to 512, 256 and 128.
    stride : int, optional
        In samples, at most the longest window. Defaults to 64.
    num_filters : int, optional
        Number of filters of each scale. Defaults to 64.
    activation : {"log", "relu"}, optional
        "log" (default) is `log(1 + 10000 |x|)`.

    Raises
    ------
    ValueError
        If an option is out of range.

    References
    ----------
    Z. Zhu, J. H. Engel and A. Hannun, "Learning multiscale features directly from waveforms",
    Interspeech 2016.

    Examples
    --------
    >>> MultiScale()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 1, 192, 493])
    """

    sample_rates = SAMPLE_RATES
    # normalisation over time needs two frames
    min_num_frames = 2

    def __init__(
        self,
        sample_rate: int = 16000,
        window_lengths: tuple[int, ...] = (512, 256, 128),
        stride: int = 64,
        num_filters: int = 64,
        activation: str = "log",
    ) -> None:
        super().__init__(sample_rate)
        if not 1 <= len(window_lengths) <= MAX_NUM_SCALES:
            raise ValueError(f"window_lengths must be 1 to {MAX_NUM_SCALES} integers")
        for length in window_lengths:
            check_size("window length", length, sample_rate)
        check_size("stride", stride, max(window_lengths))
        check_size("num_filters", num_filters)
        check_choice("activation", activation, ACTIVATIONS)
        self.stride = stride
        self.window_lengths = tuple(window_lengths)
        self.longest = max(window_lengths)
        self.activation = activation
        self.num_bands = num_filters * len(window_lengths)
        self.filters = nn.ModuleList(
            nn.Conv1d(1, num_filters, length, stride, bias=False) for length in window_lengths
        )
        self.normalisation = nn.InstanceNorm1d(self.num_bands, affine=True)

    def num_frames(self, num_samples: int) -> int:
        """Return the number of frames of a waveform of `num_samples` samples."""
        return max(0, (num_samples - self.longest) // self.stride + 1)

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Return the number of samples in the receptive field of `num_frames` frames."""
        return self.longest + (num_frames - 1) * self.stride

    def receptive_field_center(self, frame: int = 0) -> int:
        """Return the index of the sample that a frame is centred on."""
        return (self.longest - 1) // 2 + frame * self.stride

    def waveform_filters(self) -> list[Tensor]:
        """Return the filters of each length, (filter, tap)."""
        return [each.get_parameter("weight")[:, 0] for each in self.filters]

    def image(self, waveforms: Tensor) -> Tensor:
        """Return the images of waveforms: see :meth:`forward`."""
        variance, mean = torch.var_mean(waveforms, dim=-1, keepdim=True, correction=0)
        waveforms = (waveforms - mean) / torch.sqrt(variance.clamp(min=TINY))
        scales = []
        for length, convolution in zip(self.window_lengths, self.filters):
            start = (self.longest - length) // 2
            end = start + length + waveforms.shape[-1] - self.longest
            scales.append(convolution(waveforms[..., start:end]))
        responses = torch.cat(scales, dim=1)
        if self.activation == "relu":
            return self.normalisation(F.relu(responses))[:, None]
        magnitudes = at_least_single(responses).abs()
        return self.normalisation(torch.log1p(COMPRESSION * magnitudes))[:, None]
