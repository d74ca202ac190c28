"""Upstream's learnable front-end."""

from __future__ import annotations

from pyannote.audio.models.blocks.sincnet import SincNet as UpstreamSincNet
from torch import Tensor

from pyannote_strf.checks import check_size
from pyannote_strf.frontends.base import Frontend


class SincNet(Frontend):
    """Upstream's SincNet block, at the stride that its PyanNet uses.

    Its 60 features mix all frequencies: as bands, they have no centres.

    Parameters
    ----------
    sample_rate : int, optional
        Only 16000 Hz (default) is supported.
    stride : int, optional
        Stride of the first layer, in samples. Defaults to 10.

    Raises
    ------
    ValueError
        If the sample rate is not supported, or the stride is not a positive integer.

    Examples
    --------
    >>> import torch
    >>> SincNet()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 1, 60, 115])
    """

    sample_rates = (16000,)
    num_bands = 60
    # normalised over time, which one frame cannot be
    min_num_frames = 2

    def __init__(self, sample_rate: int = 16000, stride: int = 10):
        super().__init__(sample_rate)
        check_size("stride", stride)
        self.sincnet = UpstreamSincNet(sample_rate, stride)

    def num_frames(self, num_samples: int) -> int:
        """Number of frames of a waveform of that many samples."""
        return max(0, self.sincnet.num_frames(num_samples))

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Number of samples seen by that many frames."""
        return self.sincnet.receptive_field_size(num_frames)

    def receptive_field_center(self, frame: int = 0) -> int:
        """Sample on which a frame is centred."""
        return self.sincnet.receptive_field_center(frame)

    def image(self, waveforms: Tensor) -> Tensor:
        return self.sincnet(waveforms)[:, None]
