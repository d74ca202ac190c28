"""Upstream's learnable front-end."""

from __future__ import annotations

from pyannote.audio.models.blocks.sincnet import SincNet as UpstreamSincNet


class SincNet(UpstreamSincNet):
    """Upstream's SincNet block, at the stride that its PyanNet uses.

    Parameters
    ----------
    sample_rate : int, optional
        Only 16000 Hz is supported.
    stride : int, optional
        Stride of the first layer, in samples. Defaults to 10.

    Examples
    --------
    >>> import torch
    >>> SincNet()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 60, 115])
    """

    num_features = 60

    def __init__(self, sample_rate: int = 16000, stride: int = 10):
        super().__init__(sample_rate=sample_rate, stride=stride)
