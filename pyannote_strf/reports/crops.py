"""Spectrograms of crops of recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
import torch
from pyannote.audio import Model

from pyannote_strf.applications.crops import Crop, batches
from pyannote_strf.frontends.filtered import FilteredSpectrogram


@torch.inference_mode()
def images(model: Model, crops: Sequence[Crop]) -> Iterator[np.ndarray]:
    """Yield the spectrogram of each crop, (band, frame), as the filters of the model receive it."""
    spectrogram = cast(FilteredSpectrogram, model.frontend).spectrogram
    for _, waveforms in batches(model, crops):
        if spectrogram.num_frames(waveforms.shape[-1]) > 1:
            yield from spectrogram(waveforms)[:, 0].cpu().double().numpy()
