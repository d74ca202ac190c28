"""Learnable spectro-temporal receptive fields over a spectrogram."""

from __future__ import annotations

from pyannote_strf.checks import check_size
from pyannote_strf.frontends.filtered import (
    KERNEL_SIZE,
    STRIDE,
    FilteredSpectrogram,
    same_padding,
)
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
    activation, normalisation
        See :class:`~pyannote_strf.frontends.filtered.FilteredSpectrogram`.

    Raises
    ------
    ValueError
        If an option does not exist or is out of range.

    Examples
    --------
    >>> import torch
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
    ) -> None:
        check_size("num_filters", num_filters)

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
            num_channels=2 * num_filters if mode == "concat" else num_filters,
            stride=stride,
            sample_rate=sample_rate,
            spectrogram=spectrogram,
            activation=activation,
            normalisation=normalisation,
        )
