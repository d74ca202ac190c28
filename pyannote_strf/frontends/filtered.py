"""Base class of front-ends that filter a spectrogram."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pyannote_strf.checks import check_choice, check_pair
from pyannote_strf.frontends.spectrogram import SpectrogramFrontend
from pyannote_strf.layers.activations import ACTIVATIONS
from pyannote_strf.layers.spectrogram import Spectrogram

KERNEL_SIZE = (9, 111)
MAX_KERNEL_SIZE = 4095
STRIDE = (4, 2)
NORMALISATIONS = {"instance": nn.InstanceNorm2d, "batch": nn.BatchNorm2d}


class FilteredSpectrogram(SpectrogramFrontend):
    """Spectrogram, two-dimensional filters, normalisation, activation.

    Each channel is normalised on its own, since responses of fast filters are much smaller than
    those of slow filters.

    Parameters
    ----------
    filters : callable
        Function of the spectrogram that returns the filters, a module that maps (batch, channel,
        band, frame) to (batch, channel, band, frame) and divides the number of bands and frames by
        the stride.
    num_channels : int
        Number of output channels of the filters.
    stride : (int, int)
        Stride of the filters, in bands and frames.
    sample_rate, spectrogram
        See :class:`~pyannote_strf.frontends.spectrogram.SpectrogramFrontend`.
    activation : {"relu", "leaky_relu", "gelu"}, optional
        Activation function. Defaults to "relu".
    normalisation : {"instance", "batch"}, optional
        "instance" (default) gives the responses to each example zero mean and unit variance.
        "batch" does so over the examples of a batch, which keeps differences between examples. In
        evaluation mode, it uses running averages.
    keep_spectrogram : bool, optional
        Whether to add the spectrogram after the channels of responses, one channel for each band
        and frame within a stride. Defaults to False.

    Raises
    ------
    ValueError
        If an option does not exist or is out of range.
    """

    def __init__(
        self,
        filters: Callable[[Spectrogram], nn.Module],
        num_channels: int,
        stride: tuple[int, int],
        sample_rate: int = 16000,
        spectrogram: dict | None = None,
        activation: str = "relu",
        normalisation: str = "instance",
        keep_spectrogram: bool = False,
    ) -> None:
        check_pair("stride", stride)
        super().__init__(sample_rate=sample_rate, spectrogram=spectrogram, step=stride[1])
        check_choice("activation", activation, ACTIVATIONS)
        check_choice("normalisation", normalisation, NORMALISATIONS)
        self.filters = filters(self.spectrogram)
        self.stride = (stride[0], stride[1])
        self.keep_spectrogram = keep_spectrogram
        if keep_spectrogram:
            self.num_kept_channels = self.spectrogram.num_channels * stride[0] * stride[1]
        self.num_channels = num_channels + self.num_kept_channels
        self.num_bands = (self.spectrogram.num_bands - 1) // stride[0] + 1
        if normalisation == "instance" and self.num_bands == 1:
            # a variance of one value is not defined
            self.min_num_frames = 2
        self.activation = activation
        self.normalisation = NORMALISATIONS[normalisation](num_channels, affine=True)

    @property
    def centres(self) -> Tensor | None:
        """Centre frequency of the band that each kernel is centred on, (num_bands,), in hertz."""
        centres = self.spectrogram.centres
        return None if centres is None else centres[:: self.stride[0]]

    def image(self, waveforms: Tensor) -> Tensor:
        """Return the images of waveforms: see :meth:`forward`."""
        spectrogram = self.spectrogram(waveforms)
        responses = self.normalisation(self.responses(spectrogram))
        image = ACTIVATIONS[self.activation](responses)
        if self.keep_spectrogram:
            padding = (0, self.stride[1] - 1, 0, self.stride[0] - 1)
            padded = F.pad(spectrogram, padding, mode="replicate")
            kept = F.unfold(padded, self.stride, stride=self.stride)
            image = torch.cat([image, kept.unflatten(2, image.shape[2:]).to(image)], dim=1)
        return image

    def responses(self, spectrogram: Tensor) -> Tensor:
        """Return the responses of filters to a spectrogram."""
        return self.filters(spectrogram)


def free_filters(
    spectrogram: Spectrogram,
    num_filters: int,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
) -> nn.Conv2d:
    """Return unconstrained filters of a spectrogram, with a padding that keeps its size."""
    return nn.Conv2d(
        spectrogram.num_channels,
        num_filters,
        kernel_size=(kernel_size[0], kernel_size[1]),
        stride=(stride[0], stride[1]),
        padding=same_padding(kernel_size),
        bias=False,
    )


def same_padding(kernel_size: tuple[int, int]) -> tuple[int, int]:
    """Return the padding that keeps the size of the image.

    Raises
    ------
    ValueError
        If a size is even or not a positive integer.

    >>> same_padding((9, 111))
    (4, 55)
    """
    check_pair("kernel_size", kernel_size, MAX_KERNEL_SIZE)
    if any(size % 2 == 0 for size in kernel_size):
        raise ValueError(f"kernel_size must be odd along both axes, got {tuple(kernel_size)}")
    return (kernel_size[0] - 1) // 2, (kernel_size[1] - 1) // 2
