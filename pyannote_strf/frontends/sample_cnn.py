"""Convolutions of three samples on the waveform: SampleCNN."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from pyannote_strf.checks import check_number
from pyannote_strf.frontends.base import Frontend
from pyannote_strf.layers.spectrogram import SAMPLE_RATES

# number of channels of the strided convolution, and of those that are pooled
FIRST = 128
POOLED = (128, 128, 256, 256, 256, 256, 256, 256, 512)
MAX_WIDTH = 4.0

# number of samples per frame
STEP = 3 ** (1 + len(POOLED))


class SampleCNN(Frontend):
    """SampleCNN: convolutions of three samples, each but the last followed by pooling by three.

    There is one frame for every 59,049 samples, 3.7 s at 16 kHz, so that only models of chunks
    support it. Its features, 512 by default, are bands of one channel, and have no centre
    frequency. Batch normalisation needs two frames in a training batch.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    width : float, optional
        Factor of the number of channels of convolutions, and of features. Defaults to 1, the
        published network.

    Raises
    ------
    ValueError
        If the sample rate is not supported, or `width` is out of range.

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

    def __init__(self, sample_rate: int = 16000, width: float = 1.0) -> None:
        super().__init__(sample_rate)
        check_number("width", width, least=1 / FIRST, most=MAX_WIDTH)
        num_inputs, *sizes = (round(width * channels) for channels in (FIRST, *POOLED))
        self.num_bands = sizes[-1]
        layers = [nn.Conv1d(1, num_inputs, 3, stride=3), nn.BatchNorm1d(num_inputs), nn.ReLU()]
        for num_outputs in sizes:
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
