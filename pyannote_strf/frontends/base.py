"""Base class of front-ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from torch import Tensor, nn

from pyannote_strf.frontends.kernels import SpectrogramKernels
from pyannote_strf.layers.bands import Bands
from pyannote_strf.layers.defaults import defaults
from pyannote_strf.layers.waveforms import check_waveforms


class Frontend(nn.Module, ABC):
    """Map waveforms to images of shape (batch, channel, band, frame).

    To add a front-end, write a subclass and register it in the entry points
    `pyannote_strf.frontends`. The constructor takes `sample_rate` and options with defaults. A
    front-end whose features have a single dimension returns them as bands of one channel.

    The command `filters` reports on what :meth:`bands`, :meth:`kernels`, :meth:`waveform_filters`
    and `band_weights` return.

    Parameters
    ----------
    sample_rate : int
        In hertz.

    Attributes
    ----------
    sample_rates : range or tuple of int
        Supported sample rates, in hertz.
    resolution : {"frame", "chunk"}
        "frame" (default), or "chunk" if frames are too far apart for models that need frames.
    num_channels : int
        Number of channels of the image. Defaults to 1.
    num_kept_channels : int
        How many of the last channels hold a spectrogram rather than responses of filters. Models
        do not compress them. Defaults to 0.
    num_bands : int
        Number of bands of the image.
    min_num_frames : int
        Number of frames of the shortest supported waveform. Defaults to 1.
    centres : (num_bands,) Tensor or None
        Centre frequency of each band, in hertz. None (default) if bands have no centre frequency.
    band_weights : callable or None
        Function of (batch, 1, sample) waveforms that returns the (batch, channel, band) weights of
        attention to the bands of the spectrogram. None (default) without attention to bands.

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
    resolution: ClassVar[Literal["frame", "chunk"]] = "frame"
    num_channels: int = 1
    num_kept_channels: int = 0
    num_bands: int
    min_num_frames: int = 1
    band_weights: Callable[[Tensor], Tensor] | None = None

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        rates = self.sample_rates
        if sample_rate not in rates:
            valid = f"{rates[0]} to {rates[-1]}" if isinstance(rates, range) else _join(rates)
            raise ValueError(
                f"a sample rate of {sample_rate} Hz is not supported, valid options: {valid} Hz"
            )
        self.sample_rate = sample_rate

    @classmethod
    def options(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return options, with defaults for those that are missing.

        Parameters
        ----------
        given : mapping
            Options of the front-end.
        """
        return {**defaults(cls), **given}

    @property
    def centres(self) -> Tensor | None:
        """Centre frequency of each band, (num_bands,), in hertz. None if bands have no centre."""
        return None

    def bands(self) -> Bands | None:
        """Return bands now and before training. None (default) if they are not learnable."""
        return None

    def kernels(self) -> SpectrogramKernels | None:
        """Return kernels over the spectrogram. None (default) if there are none."""
        return None

    def waveform_filters(self) -> list[Tensor] | None:
        """Return filters of the waveform, (filter, tap), one tensor for each length.

        None (default) if there are none.
        """
        return None

    @property
    def min_num_samples(self) -> int:
        """Number of samples of the shortest supported waveform."""
        return self.receptive_field_size(self.min_num_frames)

    @abstractmethod
    def num_frames(self, num_samples: int) -> int:
        """Return the number of frames of a waveform of `num_samples` samples."""

    @abstractmethod
    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Return the number of samples in the receptive field of `num_frames` frames."""

    @abstractmethod
    def receptive_field_center(self, frame: int = 0) -> int:
        """Return the index of the sample that a frame is centred on."""

    @abstractmethod
    def image(self, waveforms: Tensor) -> Tensor:
        """Return the images of waveforms, which :meth:`forward` has checked."""

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the images of waveforms.

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
            If waveforms are not mono or are too short.
        """
        check_waveforms(waveforms, self.min_num_samples)
        return self.image(waveforms)


def _join(rates: tuple[int, ...]) -> str:
    return ", ".join(map(str, rates))
