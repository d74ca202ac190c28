"""Augmentation of the images of clips: SpecAugment and mixup."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Beta
from torchaudio.transforms import SpecAugment

from pyannote_strf.layers.masks import frame_mask
from pyannote_strf.tags import UNKNOWN

# proportions of the image; the published masks are 8 of 64 bands, and 64 of 1000 frames
SPEC_AUGMENT_DEFAULTS = {"num_masks": 2, "bands": 0.125, "frames": 0.064}


def mask_image(
    image: Tensor, num_frames: Tensor | None, num_masks: int, bands: float, frames: float
) -> Tensor:
    """Replace random bands and frames of each image by its mean (SpecAugment).

    All channels of an image have the same masks. Padding does not change.

    Parameters
    ----------
    image : (batch, channel, band, frame) Tensor
    num_frames : (batch,) Tensor or None
        Number of frames of each image before its padding. None if all have the same length.
    num_masks : int
        Number of masks along each axis.
    bands, frames : float
        Largest width of masks, as proportions of the image without padding.

    Returns
    -------
    masked : (batch, channel, band, frame) Tensor

    References
    ----------
    Park et al., "SpecAugment: a simple data augmentation method for automatic speech recognition",
    Interspeech 2019.
    """
    if num_frames is not None:
        masked = image.clone()
        for length in num_frames.unique().tolist():
            rows = num_frames == length
            part = image[rows, ..., :length]
            masked[rows, ..., :length] = mask_image(part, None, num_masks, bands, frames)
        return masked
    size = image.shape[-2:]
    # torchaudio draws other masks for each channel
    kept = image.new_ones(len(image), 1, *size)
    widths = (round(bands * size[0]), round(frames * size[1]))
    masks = SpecAugment(num_masks, widths[1], num_masks, widths[0], zero_masking=True)
    return torch.where(masks(kept) > 0, image, image.mean(dim=(2, 3), keepdim=True))


def mixup(
    image: Tensor, num_frames: Tensor | None, targets: Tensor, alpha: float
) -> tuple[Tensor, Tensor | None, Tensor]:
    """Mix each image, and its targets, with those of another clip of the batch.

    Where only one of them has frames, these are not mixed.

    Parameters
    ----------
    image : (batch, channel, band, frame) Tensor
    num_frames : (batch,) Tensor or None
        Number of frames of each image before its padding. None if all have the same length.
    targets : (batch, class) Tensor
        Between 0 and 1, or -1 for unknown labels.
    alpha : float
        Weights are drawn from the distribution Beta(alpha, alpha).

    Returns
    -------
    image : (batch, channel, band, frame) Tensor
    num_frames : (batch,) Tensor or None
        Number of frames of the longer clip.
    targets : (batch, class) Tensor
        A label is unknown if it is unknown in either clip.

    References
    ----------
    Zhang et al., "mixup: beyond empirical risk minimization", ICLR 2018.
    """
    order = torch.randperm(len(image), device=image.device)
    concentration = torch.full((len(image),), alpha, device=image.device)
    weights = Beta(concentration, concentration).sample()
    shares = weights[:, None, None, None]
    other = image[order]
    if num_frames is not None:
        real = frame_mask(num_frames, image.shape[-1])[:, None, None]
        image, other = torch.where(real, image, other), torch.where(real[order], other, image)
        num_frames = torch.maximum(num_frames, num_frames[order])
    mixed = shares * image + (1 - shares) * other
    unknown = (targets == UNKNOWN) | (targets[order] == UNKNOWN)
    blended = weights[:, None] * targets + (1 - weights[:, None]) * targets[order]
    return mixed, num_frames, blended.masked_fill(unknown, UNKNOWN)
