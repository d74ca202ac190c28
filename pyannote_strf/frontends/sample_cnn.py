"""Convolutions of three samples on the waveform: SampleCNN."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from pyannote_strf.frontends.base import Frontend
from pyannote_strf.layers.spectrogram import SAMPLE_RATES

# number of channels of the strided convolution, and of those that are pooled
FIRST = 128
POOLED = (128, 128, 256, 256, 256, 256, 256, 256, 512)

# number of samples per frame
STEP = 3 ** (1 + len(POOLED))


class SampleCNN(Frontend):
    """SampleCNN: convolutions of three samples, each but the last followed by pooling by three.

    There is one frame for every 59,049 samples, 3.7 s at 16 kHz, so that models of chunks only
    support it. Its 512 features are bands of one channel, and have no centre frequency. Batch
    normalisation needs two frames in a training batch.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz. Defaults to 16000.

    Raises
    ------
    ValueError
        If the sample rate is not supported.

    References
    ----------
    J. Lee, J. Park, K. L. Kim and J. Nam, "Sample-level deep convolutional neural networks for
    music auto-tagging using raw waveforms", SMC 2017: the network of 3^9.

    Examples
    --------
    >>> import torch
    >>> SampleCNN().eval()(torch.randn(1, 1, 59049)).shape
    torch.Size([1, 1, 512, 1])
    """

    sample_rates = SAMPLE_RATES
    resolution = "chunk"
    num_bands = POOLED[-1]

    def __init__(self, sample_rate: int = 16000) -> None:
        super().__init__(sample_rate)
        layers = [nn.Conv1d(1, FIRST, 3, stride=3), nn.BatchNorm1d(FIRST), nn.ReLU()]
        num_inputs = FIRST
        for num_outputs in POOLED:
            layers += [
                nn.Conv1d(num_inputs, num_outputs, 3, padding=1),
                nn.BatchNorm1d(num_outputs),
                nn.ReLU(),
                nn.MaxPool1d(3),
            ]
            num_inputs = num_outputs
        layers += [nn.Conv1d(num_inputs, num_inputs, 1), nn.BatchNorm1d(num_inputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers)

    def num_frames(self, num_samples: int) -> int:
        """Return the number of frames of a waveform of `num_samples` samples."""
        return num_samples // STEP

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Return the number of samples in the receptive field of `num_frames` frames."""
        return STEP * num_frames

    def receptive_field_center(self, frame: int = 0) -> int:
        """Return the index of the sample that a frame is centred on."""
        return STEP * frame + STEP // 2

    def waveform_filters(self) -> list[Tensor]:
        """Return the filters of the first layer, (filter, tap)."""
        return [cast(nn.Conv1d, self.layers[0]).weight[:, 0]]

    def image(self, waveforms: Tensor) -> Tensor:
        """Return the images of waveforms: see :meth:`forward`."""
        return self.layers(waveforms)[:, None]
