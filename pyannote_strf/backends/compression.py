"""Compression of images to sequences of features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from pyannote_strf.checks import check_choice, check_size
from pyannote_strf.layers.activations import ACTIVATIONS
from pyannote_strf.layers.defaults import with_defaults

COMPRESSION_DEFAULTS = {"num_features": 64, "activation": "relu"}


def compression_options(
    options: Mapping[str, Any] | None, num_channels: int
) -> dict[str, Any] | None:
    """Return the options of a compression, defaults included, or None for no compression.

    An image of several channels is always compressed, an image of one channel only if `options` is
    given.

    Raises
    ------
    ValueError
        If `options` is not a mapping, or an option does not exist.

    >>> compression_options(None, num_channels=128)
    {'num_features': 64, 'activation': 'relu'}
    >>> compression_options(None, num_channels=1) is None
    True
    """
    if options is None and num_channels == 1:
        return None
    return with_defaults("compression", options, COMPRESSION_DEFAULTS)


class Compression(nn.Module):
    """Flatten channels and bands of each frame, then reduce them to fewer features.

    Parameters
    ----------
    num_channels, num_bands : int
        Number of channels and bands of the image.
    options : dict, optional
        `num_features`, which defaults to 64, and `activation`: "relu" (default), "leaky_relu" or
        "gelu". Without options, an image of one channel is not compressed.
    num_kept_channels : int, optional
        How many of the last channels are not compressed. Their bands follow the features of the
        other channels. Defaults to 0.

    Attributes
    ----------
    num_features : int
        Number of features in the output.

    Raises
    ------
    ValueError
        If an option does not exist or is out of range.

    Examples
    --------
    >>> import torch
    >>> Compression(128, 16)(torch.randn(2, 128, 16, 99)).shape
    torch.Size([2, 64, 99])
    >>> Compression(1, 60)(torch.randn(2, 1, 60, 115)).shape
    torch.Size([2, 60, 115])
    >>> Compression(136, 16, num_kept_channels=8)(torch.randn(2, 136, 16, 99)).shape
    torch.Size([2, 192, 99])
    """

    def __init__(
        self,
        num_channels: int,
        num_bands: int,
        options: dict | None = None,
        num_kept_channels: int = 0,
    ) -> None:
        super().__init__()
        self.num_features = num_channels * num_bands
        self.num_compressed = num_channels - num_kept_channels
        self.projection = None
        options = compression_options(options, num_channels)
        if options is not None:
            check_size("compression: num_features", options["num_features"])
            check_choice("compression: activation", options["activation"], ACTIVATIONS)
            self.activation = options["activation"]
            num_inputs, num_outputs = self.num_compressed * num_bands, options["num_features"]
            self.projection = nn.Conv1d(num_inputs, num_outputs, kernel_size=1)
            self.num_features = num_outputs + num_kept_channels * num_bands

    def forward(self, image: Tensor) -> Tensor:
        """Return the (batch, feature, frame) features of a (batch, channel, band, frame) image."""
        if self.projection is None:
            return image.flatten(1, 2)
        kept = image[:, self.num_compressed :]
        # a slice of all channels would be copied in the backward pass
        responses = image[:, : self.num_compressed] if kept.shape[1] else image
        features = ACTIVATIONS[self.activation](self.projection(responses.flatten(1, 2)))
        return torch.cat([features, kept.flatten(1, 2)], dim=1) if kept.shape[1] else features
