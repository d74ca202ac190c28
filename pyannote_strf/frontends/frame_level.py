"""Strided convolution on the waveform."""

from __future__ import annotations

from pyannote_strf.frontends.multi_scale import MultiScale


class FrameLevel(MultiScale):
    """Strided convolution on the waveform, compression, normalisation over time.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    window_length : int, optional
        Length of filters, in samples. Defaults to 512.
    stride : int, optional
        In samples, at most `window_length`. Defaults to 256.
    num_filters : int, optional
        Number of filters. Defaults to 128.
    activation : {"log", "relu"}, optional
        See :class:`~pyannote_strf.frontends.multi_scale.MultiScale`.

    Raises
    ------
    ValueError
        If an option is out of range.

    References
    ----------
    S. Dieleman and B. Schrauwen, "End-to-end learning for music audio", ICASSP 2014.

    Examples
    --------
    >>> import torch
    >>> FrameLevel()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 1, 128, 124])
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        window_length: int = 512,
        stride: int = 256,
        num_filters: int = 128,
        activation: str = "log",
    ) -> None:
        super().__init__(sample_rate, (window_length,), stride, num_filters, activation)
