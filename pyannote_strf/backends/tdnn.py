"""TDNN back-end of x-vectors."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from pyannote_strf.backends.base import Backend
from pyannote_strf.backends.compression import Compression

# number of channels, kernel size and dilation of each layer
LAYERS = ((512, 5, 1), (512, 3, 2), (512, 3, 3), (512, 1, 1), (1500, 1, 1))

# number of image frames in the receptive field besides the frame itself
CONTEXT = sum(dilation * (size - 1) for _, size, dilation in LAYERS)

# smallest number of frames that a standard deviation can be computed of
MIN_NUM_FRAMES = 2


class TDNN(Backend):
    """Compression and time-delay neural network (TDNN), for statistics over frames.

    The contexts of its layers are [-2, 2], {-2, 0, 2}, {-3, 0, 3}, {0} and {0}. Images too short
    for two output frames are padded by repeating their first and last frames.

    Parameters
    ----------
    num_channels, num_bands : int
        Number of channels and bands of the image.
    compression, num_kept_channels
        See :class:`~pyannote_strf.backends.compression.Compression`.

    Raises
    ------
    ValueError
        If an option does not exist or is out of range.

    References
    ----------
    D. Snyder, D. Garcia-Romero, G. Sell, D. Povey and S. Khudanpur, "X-vectors: robust DNN
    embeddings for speaker recognition", ICASSP 2018.

    Examples
    --------
    >>> import torch
    >>> TDNN(1, 60)(torch.randn(2, 1, 60, 115)).shape
    torch.Size([2, 101, 1500])
    """

    resolution = "frame"

    def __init__(
        self,
        num_channels: int,
        num_bands: int,
        compression: dict | None = None,
        num_kept_channels: int = 0,
    ) -> None:
        super().__init__()
        self.compression = Compression(num_channels, num_bands, compression, num_kept_channels)
        tdnns, num_inputs = [], self.compression.num_features
        for num_outputs, size, dilation in LAYERS:
            convolution = nn.Conv1d(num_inputs, num_outputs, size, dilation=dilation)
            tdnns += [convolution, nn.LeakyReLU(), nn.BatchNorm1d(num_outputs)]
            num_inputs = num_outputs
        self.tdnns = nn.Sequential(*tdnns)
        self.num_features = num_inputs

    def num_frames(self, num_frames: int) -> int:
        """Return the number of output frames of an image of `num_frames` frames."""
        return max(MIN_NUM_FRAMES, num_frames - CONTEXT)

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Return the number of image frames in the receptive field of `num_frames` frames."""
        return num_frames + CONTEXT

    def receptive_field_center(self, frame: int = 0) -> int:
        """Return the index of the image frame that an output frame is centred on."""
        return frame + CONTEXT // 2

    def forward(self, image: Tensor) -> Tensor:
        """Return the (batch, frame, feature) features of a (batch, channel, band, frame) image."""
        features = self.compression(image)
        missing = max(0, self.receptive_field_size(MIN_NUM_FRAMES) - features.shape[-1])
        before = missing // 2
        features = F.pad(features, (before, missing - before), mode="replicate")
        return self.tdnns(features).transpose(1, 2)
