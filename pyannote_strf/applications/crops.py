"""Short crops of recordings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from pyannote.audio import Model
from pyannote.core import Segment
from torch import Tensor

# a file, such as a ProtocolFile, and a segment of it
Crop = tuple[Mapping[str, Any], Segment]

BATCH_SIZE = 16

# examples to average gradients over
NUM_EXAMPLES = 100


def draw_crops(
    files: Sequence[Mapping[str, Any]], duration: float, count: int, seed: int = 0
) -> list[Crop]:
    """Draw random crops from the annotated regions of files, or from "try_with" of trials.

    Parameters
    ----------
    files : sequence of ProtocolFile
        Crops are spread evenly over files. Files without regions are skipped.
    duration : float
        Duration of a crop, in seconds. Shorter regions give shorter crops.
    count : int
        Number of crops.
    seed : int, optional
        Defaults to 0.

    Returns
    -------
    crops : list of (file, Segment)
    """
    rng = np.random.default_rng(seed)
    places = np.linspace(0, len(files), count, endpoint=False).astype(int)
    crops = []
    for file in (files[place] for place in places):
        part = file["try_with"] if "try_with" in file else file["annotated"]
        regions = [region for region in part if region.duration > 0]
        if not regions:
            continue
        lengths = np.array([region.duration for region in regions])
        region = regions[rng.choice(len(regions), p=lengths / lengths.sum())]
        start = region.start + rng.uniform(0, max(region.duration - duration, 0))
        crops.append((file, Segment(start, min(start + duration, region.end))))
    return crops


def batches(model: Model, crops: Sequence[Crop]) -> Iterator[tuple[list[Crop], Tensor]]:
    """Yield crops of one length, with waveforms, (batch, 1, sample), on the model's device."""
    by_length: dict[int, list[tuple[Crop, Tensor]]] = {}
    for crop in crops:
        waveform, _ = model.audio.crop(*crop)
        batch = by_length.setdefault(waveform.shape[1], [])
        batch.append((crop, waveform))
        if len(batch) == BATCH_SIZE:
            yield _stack(model, by_length.pop(waveform.shape[1]))
    for batch in by_length.values():
        yield _stack(model, batch)


def _stack(model: Model, batch: list[tuple[Crop, Tensor]]) -> tuple[list[Crop], Tensor]:
    crops, waveforms = zip(*batch)
    return list(crops), torch.stack(waveforms).to(model.device)
