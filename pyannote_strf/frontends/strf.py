"""Learnable spectro-temporal receptive fields over a spectrogram."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from pyannote_strf.checks import check_size
from pyannote_strf.frontends.filtered import (
    KERNEL_SIZE,
    STRIDE,
    FilteredSpectrogram,
    free_filters,
    same_padding,
)
from pyannote_strf.frontends.kernels import SpectrogramKernels
from pyannote_strf.layers.spectrogram import Spectrogram
from pyannote_strf.layers.strf import STRFConv2d


class STRF(FilteredSpectrogram):
    """Spectrogram, spectro-temporal receptive fields, normalisation, activation.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    spectrogram : dict, optional
        Options of :class:`~pyannote_strf.layers.spectrogram.Spectrogram`.
    num_filters : int, optional
        Number of filters. Defaults to 64.
    kernel_size : (int, int), optional
        Size of kernels, in bands and frames. Both must be odd. Defaults to (9, 111).
    stride : (int, int), optional
        Stride of filters, in bands and frames. Defaults to (4, 2).
    mode, init : str, optional
        See :class:`~pyannote_strf.layers.strf.STRFConv2d`.
    activation, normalisation, keep_spectrogram
        See :class:`~pyannote_strf.frontends.filtered.FilteredSpectrogram`.
    num_free_filters : int, optional
        Number of unconstrained filters of the same size, whose responses follow those of the
        spectro-temporal filters. Defaults to 0.

    Raises
    ------
    ValueError
        If an option does not exist or is out of range.

    Examples
    --------
    >>> STRF()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 128, 16, 99])
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        spectrogram: dict | None = None,
        num_filters: int = 64,
        kernel_size: tuple[int, int] = KERNEL_SIZE,
        stride: tuple[int, int] = STRIDE,
        mode: str = "concat",
        init: str = "published",
        activation: str = "relu",
        normalisation: str = "instance",
        keep_spectrogram: bool = False,
        num_free_filters: int = 0,
    ) -> None:
        check_size("num_filters", num_filters)
        check_size("num_free_filters", num_free_filters, least=0)

        def filters(image: Spectrogram) -> STRFConv2d:
            return STRFConv2d(
                image.num_channels,
                num_filters,
                kernel_size=kernel_size,
                stride=(stride[0], stride[1]),
                padding=same_padding(kernel_size),
                n_features=image.num_bands,
                mode=mode,
                init=init,
            )

        super().__init__(
            filters,
            num_channels=num_filters * (2 if mode == "concat" else 1) + num_free_filters,
            stride=stride,
            sample_rate=sample_rate,
            spectrogram=spectrogram,
            activation=activation,
            normalisation=normalisation,
            keep_spectrogram=keep_spectrogram,
        )
        self.free_filters = None
        if num_free_filters:
            self.free_filters = free_filters(
                self.spectrogram, num_free_filters, kernel_size, stride
            )

    def kernels(self) -> SpectrogramKernels:
        """Return the complex kernels of spectro-temporal filters, and unconstrained kernels."""
        kernels = {"strf": cast(STRFConv2d, self.filters).kernels()}
        if self.free_filters is not None:
            kernels["free"] = self.free_filters.weight
        return SpectrogramKernels(kernels, self.spectrogram, self.stride, slide=True)

    def responses(self, spectrogram: Tensor) -> Tensor:
        """Return the responses of filters to a spectrogram."""
        responses = self.filters(spectrogram)
        if self.free_filters is None:
            return responses
        return torch.cat([responses, self.free_filters(spectrogram)], dim=1)
