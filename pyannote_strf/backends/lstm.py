"""LSTM back-end of PyanNet of pyannote.audio."""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from pyannote_strf.backends.base import Backend
from pyannote_strf.backends.compression import Compression
from pyannote_strf.checks import check_number, check_size
from pyannote_strf.layers.defaults import with_defaults

LSTM_DEFAULTS = {
    "hidden_size": 128,
    "num_layers": 2,
    "bidirectional": True,
    "monolithic": True,
    "dropout": 0.0,
}
LINEAR_DEFAULTS = {"hidden_size": 128, "num_layers": 2}

MAX_NUM_LAYERS = 64


class LSTM(Backend):
    """Compression, LSTM, and linear layers with leaky ReLU.

    Parameters
    ----------
    num_channels, num_bands : int
        Number of channels and bands of the image.
    compression : dict, optional
        See :class:`~pyannote_strf.backends.compression.Compression`.
    lstm : dict, optional
        `hidden_size`, `num_layers`, `bidirectional` and `dropout` (between layers) of
        :class:`torch.nn.LSTM`, which default to 128, 2, True and 0. If `monolithic` is true
        (default), one module holds all layers, otherwise each layer is a module.
    linear : dict, optional
        `hidden_size` and `num_layers` of linear layers, which default to 128 and 2. `num_layers`
        may be 0.
    num_kept_channels : int, optional
        See :class:`~pyannote_strf.backends.compression.Compression`. Defaults to 0.

    Raises
    ------
    ValueError
        If an option does not exist or is out of range.

    Examples
    --------
    >>> import torch
    >>> LSTM(1, 60)(torch.randn(2, 1, 60, 115)).shape
    torch.Size([2, 115, 128])
    """

    resolution = "frame"

    def __init__(
        self,
        num_channels: int,
        num_bands: int,
        compression: dict | None = None,
        lstm: dict | None = None,
        linear: dict | None = None,
        num_kept_channels: int = 0,
    ) -> None:
        super().__init__()
        options = with_defaults("lstm", lstm, LSTM_DEFAULTS)
        linear = with_defaults("linear", linear, LINEAR_DEFAULTS)
        monolithic, num_layers = options.pop("monolithic"), options.pop("num_layers")
        check_size("lstm: num_layers", num_layers, MAX_NUM_LAYERS)
        check_size("lstm: hidden_size", options["hidden_size"])
        check_number("lstm: dropout", options["dropout"], least=0, most=1)
        check_size("linear: hidden_size", linear["hidden_size"])
        check_number("linear: num_layers", linear["num_layers"], least=0, most=MAX_NUM_LAYERS)
        self.compression = Compression(num_channels, num_bands, compression, num_kept_channels)
        num_inputs = self.compression.num_features
        num_outputs = options["hidden_size"] * (2 if options["bidirectional"] else 1)
        self.lstm: nn.LSTM | nn.ModuleList
        if monolithic:
            self.lstm = nn.LSTM(num_inputs, num_layers=num_layers, batch_first=True, **options)
        else:
            self.dropout = nn.Dropout(options.pop("dropout"))
            self.lstm = nn.ModuleList(
                nn.LSTM(size, batch_first=True, **options)
                for size in [num_inputs] + [num_outputs] * (num_layers - 1)
            )
        sizes = [num_outputs] + [linear["hidden_size"]] * linear["num_layers"]
        self.linear = nn.ModuleList(nn.Linear(*size) for size in pairwise(sizes))
        self.num_features = sizes[-1]

    def forward(self, image: Tensor) -> Tensor:
        """Return the (batch, frame, feature) features of a (batch, channel, band, frame) image."""
        features = self.compression(image).transpose(1, 2)
        if isinstance(self.lstm, nn.LSTM):
            features, _ = self.lstm(features)
        else:
            for number, lstm in enumerate(self.lstm):
                features, _ = lstm(features if number == 0 else self.dropout(features))
        for linear in self.linear:
            features = F.leaky_relu(linear(features))
        return features
