"""Chunks of one waveform that overlap, as in inference over long audio."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

# largest distance of the mean of a chunk from that of all, in standard deviations of the chunk
MAX_DISTANCE = 3.0

# smallest standard deviation, below which rounding is less than the floor of spectrograms
QUIET = 1e-4


class Chunks(NamedTuple):
    """Chunks that are views of one waveform.

    Attributes
    ----------
    waveform : (sample,) Tensor
        From the first sample of the first chunk to the last sample of the last one.
    offsets : (chunk, 1) Tensor
        Mean of each chunk.
    step : int
        Number of frames between the starts of two chunks.
    """

    waveform: Tensor
    offsets: Tensor
    step: int


def find_chunks(waveforms: Tensor, hop_length: int) -> Chunks | None:
    """Return the chunks, if waveforms are views that overlap by whole frames.

    Chunks whose means are too far apart for single precision are not returned.

    Parameters
    ----------
    waveforms : (batch, sample) Tensor
    hop_length : int
        Number of samples between two frames.

    >>> waveforms = torch.arange(10.0).unfold(0, 6, 2)
    >>> find_chunks(waveforms, hop_length=2)
    Chunks(waveform=tensor([0., 1., 2., 3., 4., 5., 6., 7., 8., 9.]), offsets=tensor([[2.5000],
            [4.5000],
            [6.5000]]), step=1)
    >>> find_chunks(waveforms.clone(), hop_length=2) is None
    True
    """
    if torch.compiler.is_compiling() or waveforms.requires_grad:
        return None
    num_chunks, num_samples = waveforms.shape
    step, stride = waveforms.stride()
    if num_chunks == 1 or stride != 1 or not 0 < step < num_samples or step % hop_length:
        return None
    offsets = waveforms.mean(dim=-1, keepdim=True)
    distances = (offsets - offsets.mean()).square()
    variances = (waveforms - offsets).square_().mean(dim=-1, keepdim=True)
    # NaN is not close
    if not bool((distances <= MAX_DISTANCE**2 * variances.clamp(min=QUIET**2)).all()):
        return None
    waveform = waveforms.as_strided(((num_chunks - 1) * step + num_samples,), (1,))
    return Chunks(waveform, offsets, step // hop_length)
