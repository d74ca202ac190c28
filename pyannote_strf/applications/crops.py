"""Short pieces of a protocol's recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from pyannote.audio import Model
from pyannote.core import Segment
from pyannote.database import ProtocolFile
from torch import Tensor

Crop = tuple[ProtocolFile, Segment]

BATCH_SIZE = 16

# examples that gradients are taken over
NUM_EXAMPLES = 100


def draw_crops(
    files: Sequence[ProtocolFile], duration: float, count: int, seed: int = 0
) -> list[Crop]:
    """Draw pieces at random from files, which take turns: from what is annotated, or tried with.

    Parameters
    ----------
    files : sequence of ProtocolFile
        If there are more than `count`, those drawn from are spread evenly over them.
    duration : float
        Of a piece, in seconds. Regions that are shorter give shorter pieces.
    count : int
    seed : int, optional

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
    """Pieces of one length, with their waveforms, (batch, 1, sample), on the device of the model."""
    by_length: dict[int, list[tuple[Crop, Tensor]]] = {}
    for crop in crops:
        waveform, _ = model.audio.crop(*crop)
        batch = by_length.setdefault(waveform.shape[1], [])
        batch.append((crop, waveform))
        if len(batch) == BATCH_SIZE:
            yield _together(model, by_length.pop(waveform.shape[1]))
    for batch in by_length.values():
        yield _together(model, batch)


def _together(model: Model, batch: list[tuple[Crop, Tensor]]) -> tuple[list[Crop], Tensor]:
    crops, waveforms = zip(*batch)
    return list(crops), torch.stack(waveforms).to(model.device)
