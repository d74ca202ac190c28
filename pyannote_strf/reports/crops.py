"""Images of short pieces of a protocol's recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from pyannote.audio import Model

from pyannote_strf.applications.crops import Crop, batches


@torch.inference_mode()
def images(model: Model, crops: Sequence[Crop]) -> Iterator[np.ndarray]:
    """Spectrogram, (band, frame), of each piece, as the model's filters see it."""
    spectrogram = model.frontend.spectrogram
    for _, waveforms in batches(model, crops):
        if spectrogram.num_frames(waveforms.shape[-1]) > 1:
            yield from spectrogram(waveforms)[:, 0].cpu().double().numpy()
