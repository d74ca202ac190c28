"""Learnable spectro-temporal receptive fields over a spectrogram."""

from __future__ import annotations

from pyannote_strf.frontends.image import KERNEL_SIZE, STRIDE, ImageFrontend
from pyannote_strf.layers.spectrogram import NUM_BANDS
from pyannote_strf.layers.strf import STRFConv2d


class STRF(ImageFrontend):
    """Spectrogram, spectro-temporal receptive fields, compression.

    Parameters
    ----------
    sample_rate : int, optional
        Defaults to 16000.
    spectrogram : dict, optional
        Options of :class:`~pyannote_strf.layers.spectrogram.Spectrogram`.
    num_filters : int, optional
        Defaults to 64.
    kernel_size : (int, int), optional
        Bands and frames, both odd. Defaults to 9 x 111.
    stride : (int, int), optional
        Between responses, in bands and frames. Defaults to 4 x 2.
    mode, init : str, optional
        See :class:`~pyannote_strf.layers.strf.STRFConv2d`.
    num_features, activation, normalisation
        See :class:`~pyannote_strf.frontends.image.ImageFrontend`.

    Examples
    --------
    >>> import torch
    >>> STRF()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 64, 99])
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
        num_features: int = 64,
        activation: str = "relu",
        normalisation: str = "instance",
    ):
        num_bands = (spectrogram or {}).get("num_bands", NUM_BANDS)
        filters = STRFConv2d(
            1,
            num_filters,
            kernel_size=kernel_size,
            stride=tuple(stride),
            padding=same_padding(kernel_size),
            n_features=num_bands,
            mode=mode,
            init=init,
        )
        super().__init__(
            filters,
            num_channels=2 * num_filters if mode == "concat" else num_filters,
            num_bands=(num_bands - 1) // stride[0] + 1,
            sample_rate=sample_rate,
            spectrogram=spectrogram,
            step=stride[1],
            num_features=num_features,
            activation=activation,
            normalisation=normalisation,
        )


def same_padding(kernel_size: tuple[int, int]) -> tuple[int, int]:
    """Padding that keeps the size of the image.

    >>> same_padding((9, 111))
    (4, 55)
    """
    if any(size % 2 == 0 for size in kernel_size):
        raise ValueError(f"kernel_size must be odd along both axes, got {tuple(kernel_size)}")
    return tuple((size - 1) // 2 for size in kernel_size)
