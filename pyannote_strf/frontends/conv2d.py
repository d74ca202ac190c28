"""Free two-dimensional convolution over a spectrogram."""

from __future__ import annotations

from torch import nn

from pyannote_strf.frontends.image import KERNEL_SIZE, STRIDE, ImageFrontend
from pyannote_strf.frontends.strf import same_padding
from pyannote_strf.layers.spectrogram import NUM_BANDS


class Conv2d(ImageFrontend):
    """The contrast to :class:`~pyannote_strf.frontends.strf.STRF`: kernels of the same size, free.

    Parameters
    ----------
    sample_rate, spectrogram, kernel_size, stride, num_features, activation, normalisation
        See :class:`~pyannote_strf.frontends.strf.STRF`.
    num_channels : int, optional
        Number of kernels. Defaults to 128, as many as 64 spectro-temporal filters have parts.

    Examples
    --------
    >>> import torch
    >>> Conv2d()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 64, 99])
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        spectrogram: dict | None = None,
        num_channels: int = 128,
        kernel_size: tuple[int, int] = KERNEL_SIZE,
        stride: tuple[int, int] = STRIDE,
        num_features: int = 64,
        activation: str = "relu",
        normalisation: str = "instance",
    ):
        num_bands = (spectrogram or {}).get("num_bands", NUM_BANDS)
        filters = nn.Conv2d(
            1,
            num_channels,
            kernel_size=tuple(kernel_size),
            stride=tuple(stride),
            padding=same_padding(kernel_size),
            bias=False,
        )
        super().__init__(
            filters,
            num_channels=num_channels,
            num_bands=(num_bands - 1) // stride[0] + 1,
            sample_rate=sample_rate,
            spectrogram=spectrogram,
            step=stride[1],
            num_features=num_features,
            activation=activation,
            normalisation=normalisation,
        )
