"""Automatic gain control of each band."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pyannote_strf.layers.blocks import equal_blocks
from pyannote_strf.layers.toeplitz import toeplitz

# time constant of the moving average of power, in seconds
TIME_CONSTANT = 0.4

# exponent of the moving average: 1 would remove the level of a band entirely
STRENGTH = 0.8

# power, relative to the mean of the example, below which quiet sounds are compressed
OFFSET = 0.1

# frames whose average is computed together, measured
LARGEST_BLOCK = 100


class GainControl(nn.Module):
    """Per-channel energy normalisation (PCEN): power relative to its recent level in each band.

    With power `E` and its exponential moving average `M`, both relative to the mean power of the
    example:

        10 log10(1 + E / (OFFSET * M^STRENGTH))

    Steady noise is attenuated, onsets are emphasised, and sounds far below the recent level are
    compressed. The average starts from the first frame and covers 5 time constants.

    Parameters
    ----------
    hop : float
        Time between two frames, in seconds.

    References
    ----------
    Y. Wang, P. Getreuer, T. Hughes, R. F. Lyon and R. A. Saurous, "Trainable frontend for robust
    and far-field keyword spotting", ICASSP 2017 (arXiv 1607.05666), equations 1 and 2. The
    logarithm is the limit of their root compression for small exponents: V. Lostanlen et al.,
    "Per-channel energy normalization: why and how", IEEE Signal Processing Letters 26(1), 2019.

    Examples
    --------
    >>> GainControl(0.01)(torch.ones(1, 1, 3))
    tensor([[[10.4139, 10.4139, 10.4139]]])
    """

    weights: Tensor

    def __init__(self, hop: float) -> None:
        super().__init__()
        frames = TIME_CONSTANT / hop
        weights = torch.exp(-torch.arange(math.ceil(5 * frames)) / frames).flip(0)
        self.register_buffer("weights", weights / weights.sum(), persistent=False)

    def forward(self, power: Tensor) -> Tensor:
        """Return the decibels of (batch, band, frame) power, which must be positive."""
        power = power / power.mean(dim=(-2, -1), keepdim=True)
        return 10 * torch.log10(1 + power / (OFFSET * self.level(power) ** STRENGTH))

    def level(self, power: Tensor) -> Tensor:
        """Return the moving average of power, of the same shape."""
        num_frames, history = power.shape[-1], len(self.weights) - 1
        weights = self.weights.to(power)
        padded = F.pad(power, (history, 0), mode="replicate")
        if torch.compiler.is_exporting():
            # the number of blocks would be that of the traced example
            return F.conv1d(padded.flatten(0, -2)[:, None], weights[None, None]).view_as(power)
        # on a CPU, one matrix product is faster than a convolution of one channel
        num_blocks, block = equal_blocks(num_frames, LARGEST_BLOCK)
        padded = F.pad(padded, (0, num_blocks * block - num_frames))
        blocks = padded.unfold(-1, history + block, block)
        taps = toeplitz(weights, num_outputs=block)
        level = blocks.reshape(-1, history + block) @ taps.T
        return level.view(*power.shape[:-1], -1)[..., :num_frames]
