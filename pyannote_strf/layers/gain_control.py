"""Automatic gain control of each band."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pyannote_strf.layers.toeplitz import toeplitz

# seconds that the level of a band is averaged over
TIME_CONSTANT = 0.4

# share of that level, in decibels, that is taken away
STRENGTH = 0.8

# power, relative to the mean of the example, below which little is left of what is quiet
OFFSET = 0.1


class GainControl(nn.Module):
    """Power relative to its recent level in each band: per-channel energy normalisation (PCEN).

    With power `E` and its exponential moving average `M`, both relative to the mean power of the
    example::

        10 log10(1 + E / (OFFSET * M^STRENGTH))

    Steady noise is turned down, onsets stand out, and what lies far below the recent level is levelled.
    The average starts from the first frame, and forgets what is older than 5 time constants.

    Parameters
    ----------
    hop : float
        Time between two frames, in seconds.

    References
    ----------
    Y. Wang, P. Getreuer, T. Hughes, R. F. Lyon and R. A. Saurous, "Trainable frontend for robust and
    far-field keyword spotting", ICASSP 2017 (arXiv 1607.05666), equations 1 and 2. The logarithm is the limit
    of their root compression for small exponents: V. Lostanlen et al., "Per-channel energy
    normalization: why and how", IEEE Signal Processing Letters 26(1), 2019.

    Examples
    --------
    >>> GainControl(0.01)(torch.ones(1, 1, 3))
    tensor([[[10.4139, 10.4139, 10.4139]]])
    """

    def __init__(self, hop: float):
        super().__init__()
        frames = TIME_CONSTANT / hop
        weights = torch.exp(-torch.arange(math.ceil(5 * frames)) / frames).flip(0)
        self.register_buffer("weights", weights / weights.sum(), persistent=False)

    def forward(self, power: Tensor) -> Tensor:
        """(batch, band, frame) positive power to decibels."""
        power = power / power.mean(dim=(-2, -1), keepdim=True)
        return 10 * torch.log10(1 + power / (OFFSET * self.level(power) ** STRENGTH))

    def level(self, power: Tensor) -> Tensor:
        """Moving average of power, of the same shape."""
        num_frames, block = power.shape[-1], len(self.weights)
        # A frame's average reaches into its own block of frames and the one before: two matrix
        # products, on a CPU faster than a convolution of one channel: 1.3 times on chunks of 2 s, 7.5 on 2 minutes.
        taps = toeplitz(F.pad(self.weights, (1, 0)).to(power), num_outputs=block)
        of_before, of_own = taps.T.chunk(2)
        padded = F.pad(F.pad(power, (block, 0), mode="replicate"), (0, -num_frames % block))
        blocks = padded.unflatten(-1, (-1, block))
        level = blocks[..., :-1, :] @ of_before + blocks[..., 1:, :] @ of_own
        return level.flatten(-2)[..., :num_frames]
