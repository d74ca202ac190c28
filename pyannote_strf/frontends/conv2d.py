"""Unconstrained two-dimensional convolution over a spectrogram."""

from __future__ import annotations

from typing import cast

from torch import nn

from pyannote_strf.checks import check_size
from pyannote_strf.frontends.filtered import (
    KERNEL_SIZE,
    STRIDE,
    FilteredSpectrogram,
    free_filters,
)
from pyannote_strf.frontends.kernels import SpectrogramKernels


class Conv2d(FilteredSpectrogram):
    """Spectrogram, unconstrained convolution, normalisation, activation.

    This is a baseline for :class:`~pyannote_strf.frontends.strf.STRF`, with kernels of the same
    size.

    Parameters
    ----------
    sample_rate, spectrogram, kernel_size, stride, activation, normalisation, keep_spectrogram
        See :class:`~pyannote_strf.frontends.strf.STRF`.
    num_channels : int, optional
        Number of kernels. Defaults to 128, the number of real and imaginary parts of 64
        spectro-temporal filters.

    Raises
    ------
    ValueError
        If an option does not exist or is out of range.

    Examples
    --------
    >>> import torch
    >>> Conv2d()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 128, 16, 99])
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        spectrogram: dict | None = None,
        num_channels: int = 128,
        kernel_size: tuple[int, int] = KERNEL_SIZE,
        stride: tuple[int, int] = STRIDE,
        activation: str = "relu",
        normalisation: str = "instance",
        keep_spectrogram: bool = False,
    ) -> None:
        check_size("num_channels", num_channels)
        super().__init__(
            lambda image: free_filters(image, num_channels, kernel_size, stride),
            num_channels=num_channels,
            stride=stride,
            sample_rate=sample_rate,
            spectrogram=spectrogram,
            activation=activation,
            normalisation=normalisation,
            keep_spectrogram=keep_spectrogram,
        )

    def kernels(self) -> SpectrogramKernels:
        """Return unconstrained kernels."""
        kernels = {"free": cast(nn.Conv2d, self.filters).weight}
        return SpectrogramKernels(kernels, self.spectrogram, self.stride, slide=True)
