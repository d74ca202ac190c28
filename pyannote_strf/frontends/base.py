"""What all front-ends have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor, nn

from pyannote_strf.layers.defaults import defaults
from pyannote_strf.layers.waveforms import check_waveforms


class Frontend(nn.Module, ABC):
    """Waveform to image, (batch, channel, band, frame).

    To add a front-end, write a subclass, and register it in entry points `pyannote_strf.frontends`. Its
    constructor takes `sample_rate`, and options of its own, all with defaults. A front-end without a
    second dimension returns its features as bands of one channel.

    Parameters
    ----------
    sample_rate : int
        In hertz.

    Attributes
    ----------
    sample_rates : range or tuple of int
        Sample rates that are supported, in hertz.
    num_channels, num_bands : int
        Size of an image. `num_channels` defaults to 1.
    min_num_frames : int
        Number of frames of the smallest image. Defaults to 1.
    centres : (num_bands,) Tensor or None
        Centre frequency of each band, in hertz. None (default) if bands have none.

    Raises
    ------
    ValueError
        If the sample rate is not supported.

    Examples
    --------
    >>> import torch
    >>> class Levels(Frontend):
    ...     sample_rates = range(8000, 48001)
    ...     num_bands = 1
    ...
    ...     def num_frames(self, num_samples):
    ...         return num_samples // 160
    ...
    ...     def receptive_field_size(self, num_frames=1):
    ...         return 160 * num_frames
    ...
    ...     def receptive_field_center(self, frame=0):
    ...         return 160 * frame + 79
    ...
    ...     def image(self, waveforms):
    ...         return waveforms.unfold(-1, 160, 160).square().mean(dim=-1)[:, None]
    >>> Levels(16000)(torch.randn(2, 1, 32000)).shape
    torch.Size([2, 1, 1, 200])
    """

    sample_rates: ClassVar[range | tuple[int, ...]]
    num_channels: int = 1
    num_bands: int
    min_num_frames: int = 1

    def __init__(self, sample_rate: int):
        super().__init__()
        rates = self.sample_rates
        if sample_rate not in rates:
            valid = f"{rates[0]} to {rates[-1]}" if isinstance(rates, range) else _listed(rates)
            raise ValueError(
                f"a sample rate of {sample_rate} Hz is not supported, valid options: {valid} Hz"
            )
        self.sample_rate = sample_rate

    @classmethod
    def options(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Options that are given, and defaults of the others.

        Parameters
        ----------
        given : mapping
        """
        return {**defaults(cls), **given}

    @property
    def centres(self) -> Tensor | None:
        return None

    @property
    def min_num_samples(self) -> int:
        """Number of samples of the shortest waveform."""
        return self.receptive_field_size(self.min_num_frames)

    @abstractmethod
    def num_frames(self, num_samples: int) -> int:
        """Number of frames of a waveform of that many samples."""

    @abstractmethod
    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Number of samples seen by that many frames."""

    @abstractmethod
    def receptive_field_center(self, frame: int = 0) -> int:
        """Sample on which a frame is centred."""

    @abstractmethod
    def image(self, waveforms: Tensor) -> Tensor:
        """What :meth:`forward` returns for waveforms that it has checked."""

    def forward(self, waveforms: Tensor) -> Tensor:
        """
        Parameters
        ----------
        waveforms : (batch, 1, sample) Tensor
            At least `min_num_samples` samples.

        Returns
        -------
        image : (batch, channel, band, frame) Tensor

        Raises
        ------
        ValueError
            If waveforms are not mono, or too short.
        """
        check_waveforms(waveforms, self.min_num_samples)
        return self.image(waveforms)


def _listed(rates: tuple[int, ...]) -> str:
    return ", ".join(map(str, rates))
