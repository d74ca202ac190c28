"""Residual networks."""

from __future__ import annotations

import math
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from pyannote_strf.backends.base import Backend
from pyannote_strf.checks import check_type
from pyannote_strf.layers.masks import frame_mask, masked_norm

# number of blocks of each stage, by depth; from 50 layers on, blocks are bottlenecks
STAGES = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
FIRST_BOTTLENECK = 50
EXPANSION = 4

# number of channels of the first stage, which each stage doubles
WIDTH = 64

# number of bands and frames per output: the first layers divide by 4, and three stages by 2
STEP = 32

# of the authors' batch normalisation
EPSILON, MOMENTUM = 2e-5, 0.01


class ResNet(Backend):
    """Residual network with pre-activation, optionally with efficient channel attention (ECA).

    Normalisation of the image, 7 x 7 convolution and pooling, four stages of residual blocks. There
    is one output frame for every 32 frames of the image. Features of a clip do not depend on its
    padding, nor do statistics of batch normalisation.

    Parameters
    ----------
    num_channels, num_bands : int
        Number of channels and bands of the image.
    depth : {18, 34, 50, 101, 152}, optional
        Number of layers. Defaults to 18.
    eca : bool, optional
        Whether each block weights its channels, depending on their means. Defaults to False.
    average_bands : bool, optional
        Whether features are means over bands (default). Otherwise, each band has features of its
        own.

    Raises
    ------
    ValueError
        If the depth is not supported, or `eca` is not a boolean.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, "Identity mappings in deep residual networks", ECCV 2016.

    Q. Wang, B. Wu, P. Zhu, P. Li, W. Zuo and Q. Hu, "ECA-Net: efficient channel attention for deep
    convolutional neural networks", CVPR 2020, with the sizes of kernels of DEGramNet.

    Examples
    --------
    >>> import torch
    >>> ResNet(1, 128)(torch.randn(2, 1, 128, 200)).shape
    torch.Size([2, 7, 512])
    """

    resolution = "frame"

    def __init__(
        self,
        num_channels: int,
        num_bands: int,
        depth: int = 18,
        eca: bool = False,
        average_bands: bool = True,
    ) -> None:
        super().__init__()
        if depth not in list(STAGES):
            raise ValueError(f"depth must be one of {', '.join(map(str, STAGES))}, got {depth!r}")
        check_type("eca", eca, bool)
        self.average_bands = average_bands
        self.input_norm = _norm(num_channels)
        # the scale is left to the convolution, as by the authors
        self.input_norm.weight.requires_grad_(False)
        self.stem = nn.Conv2d(num_channels, WIDTH, 7, stride=2, padding=3, bias=False)
        self.stem_norm = _norm(WIDTH)
        self.blocks = nn.ModuleList()
        num_inputs = WIDTH
        for stage, num_blocks in enumerate(STAGES[depth]):
            for index in range(num_blocks):
                is_first, width = index == 0, WIDTH * 2**stage
                stride = 2 if is_first and stage > 0 else 1
                bottleneck = depth >= FIRST_BOTTLENECK
                block = Block(num_inputs, width, stride, is_first, bottleneck, eca)
                self.blocks.append(block)
                num_inputs = block.num_outputs
        self.last_norm = _norm(num_inputs)
        self.num_features = num_inputs * (1 if average_bands else math.ceil(num_bands / STEP))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")

    def num_frames(self, num_frames: Any) -> Any:
        """Return the number of output frames of images of `num_frames` frames, int or Tensor."""
        return (num_frames + STEP - 1) // STEP

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Return the number of image frames in the receptive field of `num_frames` frames."""
        return (num_frames - 1) * STEP + 1

    def receptive_field_center(self, frame: int = 0) -> int:
        """Return the index of the image frame that an output frame is centred on."""
        return frame * STEP

    def forward(self, image: Tensor, num_frames: Tensor | None = None) -> Tensor:
        """Return the features of frames.

        Parameters
        ----------
        image : (batch, channel, band, frame) Tensor
        num_frames : (batch,) Tensor, optional
            Number of frames of each clip, without padding at its end. Defaults to no padding.

        Returns
        -------
        features : (batch, frame, feature) Tensor
            Zero after the last frame of each clip.
        """
        image = masked_norm(self.input_norm, image, _real(image, num_frames))
        image, num_frames = self.stem(image), _strided(num_frames, 2)
        image = F.relu(masked_norm(self.stem_norm, image, _real(image, num_frames)))
        image, num_frames = F.max_pool2d(image, 3, stride=2, padding=1), _strided(num_frames, 2)
        for block in self.blocks:
            image, num_frames = block(image, num_frames)
        image = F.relu(masked_norm(self.last_norm, image, _real(image, num_frames)))
        features = image.mean(dim=2) if self.average_bands else image.flatten(1, 2)
        return features.transpose(1, 2)


class ResNetMean(Backend):
    """Residual network, and mean of its features over frames.

    Parameters
    ----------
    num_channels, num_bands, depth, eca
        See :class:`ResNet`.

    Examples
    --------
    >>> import torch
    >>> ResNetMean(1, 128)(torch.randn(2, 1, 128, 200)).shape
    torch.Size([2, 512])
    """

    resolution = "chunk"

    def __init__(
        self, num_channels: int, num_bands: int, depth: int = 18, eca: bool = False
    ) -> None:
        super().__init__()
        self.resnet = ResNet(num_channels, num_bands, depth, eca)
        self.num_features = self.resnet.num_features

    def forward(self, image: Tensor, num_frames: Tensor | None = None) -> Tensor:
        """Return the (batch, feature) features of clips.

        Parameters
        ----------
        image, num_frames
            See :meth:`ResNet.forward`.
        """
        features = self.resnet(image, num_frames)
        if num_frames is None:
            return features.mean(dim=1)
        return features.sum(dim=1) / self.resnet.num_frames(num_frames)[:, None]


class Block(nn.Module):
    """Residual block with pre-activation: two 3 x 3 convolutions, or a bottleneck.

    Parameters
    ----------
    num_inputs, width : int
        Number of channels of the input and of 3 x 3 convolutions.
    stride : int
    is_first : bool
        Whether the block is the first of its stage, whose shortcut is a convolution.
    bottleneck, eca : bool
    """

    def __init__(
        self,
        num_inputs: int,
        width: int,
        stride: int,
        is_first: bool,
        bottleneck: bool,
        eca: bool,
    ) -> None:
        super().__init__()
        self.num_outputs = width * EXPANSION if bottleneck else width
        layers = [(width, 3, stride), (width, 3, 1)]
        if bottleneck:
            layers = [(width, 1, 1), (width, 3, stride), (self.num_outputs, 1, 1)]
        self.shortcut = None
        if is_first:
            self.shortcut = nn.Conv2d(num_inputs, self.num_outputs, 1, stride, bias=False)
        self.strides = [step for _, _, step in layers]
        self.norms, self.convolutions = nn.ModuleList(), nn.ModuleList()
        for outputs, size, step in layers:
            self.norms.append(_norm(num_inputs))
            self.convolutions.append(
                nn.Conv2d(num_inputs, outputs, size, step, padding=size // 2, bias=False)
            )
            num_inputs = outputs
        self.attention = ChannelAttention(num_inputs) if eca else None

    def forward(self, image: Tensor, num_frames: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return the image after the block, and its number of frames."""
        residual, shortcut = image, image
        for index, stride in enumerate(self.strides):
            norm, convolution = self.norms[index], self.convolutions[index]
            residual = F.relu(masked_norm(norm, residual, _real(residual, num_frames)))
            if index == 0 and self.shortcut is not None:
                shortcut = self.shortcut(residual)
            residual = convolution(residual)
            num_frames = _strided(num_frames, stride)
        if self.attention is not None:
            residual = self.attention(residual, num_frames)
        return shortcut + residual, num_frames


class ChannelAttention(nn.Module):
    """Efficient channel attention: weights of channels from the means of neighbouring channels."""

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        # the next odd size, as in DEGramNet, rather than the nearest
        size = math.ceil(math.log2(num_channels) + 0.5) // 2 * 2 + 1
        self.convolution = nn.Conv1d(1, 1, size, padding=size // 2)

    def forward(self, image: Tensor, num_frames: Tensor | None) -> Tensor:
        """Return the weighted image."""
        if num_frames is None:
            means = image.mean(dim=(2, 3))
        else:
            sums = (image.mean(dim=2) * frame_mask(num_frames, image.shape[-1])[:, None]).sum(-1)
            means = sums / num_frames[:, None]
        return image * self.convolution(means[:, None])[:, 0, :, None, None].sigmoid()


def _norm(num_channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(num_channels, eps=EPSILON, momentum=MOMENTUM)


def _real(image: Tensor, num_frames: Tensor | None) -> Tensor | None:
    return None if num_frames is None else frame_mask(num_frames, image.shape[-1])


def _strided(num_frames: Tensor | None, stride: int) -> Tensor | None:
    """Return the number of frames after a stride."""
    return None if num_frames is None else (num_frames + stride - 1) // stride
