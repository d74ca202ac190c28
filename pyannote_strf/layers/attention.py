"""Attention over the bands and frames of images."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pyannote_strf.checks import check_choice

FUSIONS = ("max", "add", "multiply", "concat", "frequency")

# number of bands per hidden feature
REDUCTION = 16


class TimeFrequencyAttention(nn.Module):
    """Squeeze and excitation of the bands and frames of an image.

    The weight of a band depends on the means of all bands over time, and that of a frame on its own
    bands. Both are between 0 and 1. Channels of an image have the same layers.

    Parameters
    ----------
    num_bands : int
        Number of bands of the image.
    fusion : {"max", "add", "multiply", "concat", "frequency"}, optional
        How the image with weighted bands and the image with weighted frames are combined: their
        maximum (default), sum or product, or one after the other along channels (the authors of
        DEGram do so along bands). "frequency" returns the image with weighted bands alone.

    Raises
    ------
    ValueError
        If the fusion does not exist.

    References
    ----------
    A. G. Roy, N. Navab and C. Wachinger, "Recalibrating fully convolutional networks with spatial
    and channel squeeze and excitation blocks", IEEE TMI 2018.

    Examples
    --------
    >>> TimeFrequencyAttention(128, fusion="concat")(torch.randn(2, 1, 128, 200)).shape
    torch.Size([2, 2, 128, 200])
    """

    def __init__(self, num_bands: int, fusion: str = "max") -> None:
        super().__init__()
        check_choice("fusion", fusion, FUSIONS)
        self.fusion = fusion
        num_hidden = max(1, num_bands // REDUCTION)
        self.frequency = nn.Sequential(
            nn.Linear(num_bands, num_hidden),
            nn.ReLU(),
            nn.Linear(num_hidden, num_bands),
            nn.Sigmoid(),
        )
        self.time = None
        if fusion != "frequency":
            self.time = nn.Sequential(nn.Linear(num_bands, 1), nn.Sigmoid())
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.kaiming_normal_(module.weight)
                nn.init.zeros_(module.bias)

    def band_weights(self, image: Tensor) -> Tensor:
        """Return the weights of the bands of an image, (batch, channel, band)."""
        return self.frequency(image.mean(dim=-1))

    def forward(self, image: Tensor) -> Tensor:
        """Return the weighted image.

        Parameters
        ----------
        image : (batch, channel, band, frame) Tensor

        Returns
        -------
        image : (batch, channel, band, frame) Tensor
            With twice as many channels in fusion "concat".
        """
        bands = image * self.band_weights(image)[..., None]
        if self.time is None:
            return bands
        frames = image * self.time(image.transpose(-2, -1)).transpose(-2, -1)
        if self.fusion == "max":
            return torch.maximum(bands, frames)
        if self.fusion == "add":
            return bands + frames
        if self.fusion == "multiply":
            return bands * frames
        return torch.cat([bands, frames], dim=1)
