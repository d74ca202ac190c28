"""Kernels over a spectrogram."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from pyannote_strf.layers.spectrogram import Spectrogram


class SpectrogramKernels(NamedTuple):
    """Kernels that a front-end correlates its spectrogram with.

    Attributes
    ----------
    kernels : dict of str to Tensor
        Real or complex kernels, (filter, channel, band, frame), by kind. The middle of a kernel is
        at the frame of its response.
    spectrogram : Spectrogram
    stride : (int, int)
        Bands and frames of the spectrogram between two responses.
    slide : bool
        Whether there is a response for every `stride` bands, at the middle of the kernel. Otherwise
        kernels cover all bands.
    """

    kernels: dict[str, Tensor]
    spectrogram: Spectrogram
    stride: tuple[int, int]
    slide: bool
