"""Base class of back-ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from torch import Tensor, nn


class Backend(nn.Module, ABC):
    """Map images of shape (batch, channel, band, frame) to features of frames or chunks.

    The constructor takes `num_channels` and `num_bands` of the image, then options. `forward` of a
    back-end of chunks may take the number of frames of each image, to read clips of different
    lengths: see :class:`~pyannote_strf.backends.cnn10.CNN10`.

    Attributes
    ----------
    resolution : {"frame", "chunk"}
        Shape of features: "frame" for (batch, frame, feature), "chunk" for (batch, feature).
    num_features : int
        Number of features.
    """

    resolution: ClassVar[Literal["frame", "chunk"]]
    num_features: int

    def num_frames(self, num_frames: int) -> int:
        """Return the number of output frames of an image of `num_frames` frames."""
        return num_frames

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Return the number of image frames in the receptive field of `num_frames` frames."""
        return num_frames

    def receptive_field_center(self, frame: int = 0) -> int:
        """Return the index of the image frame that an output frame is centred on."""
        return frame

    @abstractmethod
    def forward(self, image: Tensor) -> Tensor:
        """Return the features of a (batch, channel, band, frame) image."""
