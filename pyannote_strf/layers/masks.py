"""Layers for clips of different lengths in one batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def frame_mask(num_frames: Tensor, size: int) -> Tensor:
    """Return a (batch, frame) mask of the first frames of each clip.

    >>> frame_mask(torch.tensor([1, 3]), 3)
    tensor([[ True, False, False],
            [ True,  True,  True]])
    """
    return torch.arange(size, device=num_frames.device) < num_frames[:, None]


def masked_norm(norm: nn.Module, image: Tensor, real: Tensor | None) -> Tensor:
    """Normalise the real frames of an image, and set the others to zero.

    Parameters
    ----------
    norm : BatchNorm2d
    image : (batch, channel, band, frame) Tensor
    real : (batch, frame) Tensor or None
        Mask of frames. None if all are real.

    Returns
    -------
    image : (batch, channel, band, frame) Tensor
    """
    if real is None:
        return norm(image)
    frames = image.movedim(-1, 1)
    normalised = norm(frames[real][..., None])[..., 0]
    return torch.zeros_like(frames).index_put((real,), normalised.to(frames)).movedim(1, -1)
