"""CNN10 back-end of PANNs."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from pyannote_strf.backends.base import Backend
from pyannote_strf.checks import check_number
from pyannote_strf.layers.masks import frame_mask, masked_norm

# number of channels of each block of convolutions
CHANNELS = (64, 128, 256, 512)

# smallest number of bands and frames: each block halves both
MIN_SIZE = 2 ** len(CHANNELS)

# probabilities of dropout, after each block and before the linear layer
DROPOUT = 0.2
DROPOUT_OF_FEATURES = 0.5

MAX_WIDTH = 4.0


class CNN10(Backend):
    """CNN10 of PANNs: features of a clip.

    Normalisation of bands, four blocks of two 3 x 3 convolutions and average pooling, mean over
    bands, sum of mean and maximum over frames, linear layer. Images of fewer than 16 bands or
    frames are padded with zeros after the normalisation of bands.

    Parameters
    ----------
    num_channels, num_bands : int
        Number of channels and bands of the image.
    width : float, optional
        Factor of the number of channels of convolutions, and of features. Defaults to 1, the
        published network.
    dropout : float, optional
        Probability of dropout after each block. Defaults to 0.2. Narrow networks learn faster
        without.

    Raises
    ------
    ValueError
        If `width` or `dropout` is out of range.

    References
    ----------
    Q. Kong, Y. Cao, T. Iqbal, Y. Wang, W. Wang and M. D. Plumbley, "PANNs: large-scale pretrained
    audio neural networks for audio pattern recognition", IEEE/ACM TASLP 2020.

    Examples
    --------
    >>> import torch
    >>> CNN10(1, 64, width=0.25)(torch.randn(2, 1, 64, 100)).shape
    torch.Size([2, 128])
    """

    resolution = "chunk"

    def __init__(
        self, num_channels: int, num_bands: int, width: float = 1.0, dropout: float = DROPOUT
    ) -> None:
        super().__init__()
        check_number("width", width, least=1 / CHANNELS[0], most=MAX_WIDTH)
        check_number("dropout", dropout, least=0, most=1)
        sizes = [num_channels, *(round(width * channels) for channels in CHANNELS)]
        # modules have the names that they have in released checkpoints
        self.bn0 = nn.BatchNorm2d(num_bands)
        self.conv_block1 = Block(sizes[0], sizes[1])
        self.conv_block2 = Block(sizes[1], sizes[2])
        self.conv_block3 = Block(sizes[2], sizes[3])
        self.conv_block4 = Block(sizes[3], sizes[4])
        self.fc1 = nn.Linear(sizes[4], sizes[4])
        self.dropout = nn.Dropout(dropout)
        self.num_features = sizes[4]
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(self.fc1.bias)

    def forward(self, image: Tensor, num_frames: Tensor | None = None) -> Tensor:
        """Return the features of clips.

        Parameters
        ----------
        image : (batch, channel, band, frame) Tensor
        num_frames : (batch,) Tensor, optional
            Number of frames of each clip, without padding at its end. Features of a clip do not
            depend on its padding, nor do statistics of batch normalisation. Defaults to no padding.

        Returns
        -------
        features : (batch, feature) Tensor
        """
        real = None if num_frames is None else frame_mask(num_frames, image.shape[-1])
        image = masked_norm(self.bn0, image.transpose(1, 2), real).transpose(1, 2)
        missing = [max(0, MIN_SIZE - size) for size in image.shape[-2:]]
        image = F.pad(image, (0, missing[1], 0, missing[0]))
        if num_frames is not None:
            num_frames = num_frames.clamp(min=MIN_SIZE)
        for block in (self.conv_block1, self.conv_block2, self.conv_block3, self.conv_block4):
            real = None if num_frames is None else frame_mask(num_frames, image.shape[-1])
            image = self.dropout(F.avg_pool2d(block(image, real), 2))
            if num_frames is not None:
                num_frames = num_frames // 2
                image = image * frame_mask(num_frames, image.shape[-1])[:, None, None]
        frames = image.mean(dim=2)
        if num_frames is None:
            pooled = frames.mean(dim=-1) + frames.amax(dim=-1)
        else:
            # responses are not negative, so that padding does not change the maximum
            pooled = frames.sum(dim=-1) / num_frames[:, None] + frames.amax(dim=-1)
        pooled = F.dropout(pooled, DROPOUT_OF_FEATURES, self.training)
        return F.relu(self.fc1(pooled))


class Block(nn.Module):
    """Two 3 x 3 convolutions, each with batch normalisation and ReLU."""

    def __init__(self, num_inputs: int, num_outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(num_inputs, num_outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(num_outputs, num_outputs, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(num_outputs)
        self.bn2 = nn.BatchNorm2d(num_outputs)

    def forward(self, image: Tensor, real: Tensor | None = None) -> Tensor:
        """Return the responses to an image whose frames are all real, or those in a mask."""
        image = F.relu(masked_norm(self.bn1, self.conv1(image), real))
        return F.relu(masked_norm(self.bn2, self.conv2(image), real))
