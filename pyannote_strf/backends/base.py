"""What all back-ends have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from torch import Tensor, nn


class Backend(nn.Module, ABC):
    """Image, (batch, channel, band, frame), to features, of every frame or of the whole chunk.

    The constructor takes `num_channels` and `num_bands` of the image, then options.

    Attributes
    ----------
    resolution : {"frame", "chunk"}
        Features are (batch, frame, feature), or (batch, feature).
    num_features : int
        Number of features.
    """

    resolution: ClassVar[Literal["frame", "chunk"]]
    num_features: int

    def num_frames(self, num_frames: int) -> int:
        """Number of frames of features of an image of that many frames. Defaults to as many."""
        return num_frames

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Number of frames of the image seen by that many frames. Defaults to as many."""
        return num_frames

    def receptive_field_center(self, frame: int = 0) -> int:
        """Frame of the image on which a frame is centred. Defaults to the same one."""
        return frame

    @abstractmethod
    def forward(self, image: Tensor) -> Tensor:
        """(batch, channel, band, frame) image to features."""
