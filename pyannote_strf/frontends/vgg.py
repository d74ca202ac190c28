"""Stacks of small convolutions on a spectrogram."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from pyannote_strf.checks import check_pair, check_size
from pyannote_strf.frontends.spectrogram import SpectrogramFrontend

MAX_DEPTH = 8


class VGG(SpectrogramFrontend):
    """Spectrogram, blocks of 3 x 3 convolutions, each followed by pooling.

    Each convolution is followed by batch normalisation and ReLU. Pooling takes the maximum. The
    last bands and frames are pooled even if they are fewer than the pool.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    spectrogram : dict, optional
        Options of :class:`~pyannote_strf.layers.spectrogram.Spectrogram`.
    channels : sequence of int, optional
        Number of channels of each block. Defaults to 64 and 128.
    pools : sequence of (int, int), optional
        Size of the pool of each block, in bands and frames. Defaults to (2, 2) and (2, 1), which
        give an image of the same size as the default of "strf".
    num_convolutions : int, optional
        Number of convolutions of each block. Defaults to 2.

    Raises
    ------
    ValueError
        If an option does not exist or is out of range.

    References
    ----------
    K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image
    recognition", ICLR 2015.

    Examples
    --------
    >>> import torch
    >>> VGG().eval()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 128, 16, 99])
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        spectrogram: dict | None = None,
        channels: Sequence[int] = (64, 128),
        pools: Sequence[Sequence[int]] = ((2, 2), (2, 1)),
        num_convolutions: int = 2,
    ) -> None:
        if not 1 <= len(channels) == len(pools) <= MAX_DEPTH:
            raise ValueError(
                f"channels and pools must have the same length, 1 to {MAX_DEPTH}, "
                f"got {len(channels)} and {len(pools)}"
            )
        for number, pool in zip(channels, pools):
            check_size("channels", number)
            check_pair("pools", pool)
        check_size("num_convolutions", num_convolutions, MAX_DEPTH)
        step = math.prod(pool[1] for pool in pools)
        super().__init__(sample_rate=sample_rate, spectrogram=spectrogram, step=step)
        self.pool = math.prod(pool[0] for pool in pools)
        self.num_bands = math.ceil(self.spectrogram.num_bands / self.pool)
        self.num_channels = channels[-1]
        layers: list[nn.Module] = []
        num_inputs = self.spectrogram.num_channels
        for num_outputs, pool in zip(channels, pools):
            for _ in range(num_convolutions):
                convolution = nn.Conv2d(num_inputs, num_outputs, 3, padding=1, bias=False)
                layers += [convolution, nn.BatchNorm2d(num_outputs), nn.ReLU()]
                num_inputs = num_outputs
            layers.append(nn.MaxPool2d((pool[0], pool[1]), ceil_mode=True))
        self.layers = nn.Sequential(*layers)

    @property
    def centres(self) -> Tensor | None:
        """Mean centre frequency of pooled bands, (num_bands,), in hertz."""
        centres = self.spectrogram.centres
        if centres is None:
            return None
        return F.avg_pool1d(centres[None], self.pool, ceil_mode=True)[0]

    def receptive_field_center(self, frame: int = 0) -> int:
        """Return the index of the sample that a frame is centred on."""
        return self.spectrogram.receptive_field_center(frame * self.step + (self.step - 1) // 2)

    def image(self, waveforms: Tensor) -> Tensor:
        """Return the images of waveforms: see :meth:`forward`."""
        return self.layers(self.spectrogram(waveforms))
