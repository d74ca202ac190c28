"""Separable spectro-temporal Gabor kernels."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from pyannote_strf.layers.gabor import modulate


@dataclass(frozen=True)
class Factors:
    """Complex kernels as outer products of a factor in frequency and one in time.

    The factor in time is a Gaussian envelope times a carrier.

    Attributes
    ----------
    frequency : (filter, in_channel, 2, tap) Tensor
        Real and imaginary parts of the factors in frequency.
    envelope : (filter, in_channel, tap) Tensor
        Envelope in time.
    omega : (filter, in_channel) Tensor
        Modulation frequency along time, in radians per bin.
    grid : (tap,) Tensor
        Equally spaced positions of the taps in time, in bins.
    plans : dict
        What algorithms compute from these factors and keep for the next call.
    """

    frequency: Tensor
    envelope: Tensor
    omega: Tensor
    grid: Tensor
    plans: dict = field(default_factory=dict, compare=False)

    def to(self, dtype: torch.dtype) -> Factors:
        """Convert all tensors."""
        if self.frequency.dtype == dtype:
            return self
        return Factors(
            self.frequency.to(dtype),
            self.envelope.to(dtype),
            self.omega.to(dtype),
            self.grid.to(dtype),
        )

    @property
    def time(self) -> Tensor:
        """Real and imaginary parts of the factors in time: (filter, in_channel, 2, tap)."""
        return modulate(self.envelope, self.grid, self.omega)

    def spans(self) -> list[tuple[int, int]]:
        """Return the first tap, and one more than the last, that each filter needs along time.

        The envelope of other taps is below the rounding error of the largest one.
        """
        envelope = self.envelope.detach().flatten(1, -2).amax(dim=1)
        smallest = torch.finfo(envelope.dtype).eps * envelope.amax(dim=-1, keepdim=True)
        needed = envelope >= smallest
        first = needed.int().argmax(dim=-1)
        last = needed.shape[-1] - needed.flip(-1).int().argmax(dim=-1)
        return list(zip(first.tolist(), last.tolist()))

    def positions(self, frames: Tensor, dilation: int) -> Tensor:
        """Return the positions of frames, in bins in double precision, if tap 0 is at frame 0.

        Successive taps are `dilation` frames apart.
        """
        spacing = (self.grid[-1] - self.grid[0]).double() / max(1, len(self.grid) - 1)
        return self.grid[0].double() + spacing * frames / dilation
