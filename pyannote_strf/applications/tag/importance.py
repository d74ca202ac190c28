"""Measure of the importance of filters for audio tagging."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from pyannote.audio import Model
from pyannote.database import Protocol
from torch import Tensor

from pyannote_strf.applications.crops import BATCH_SIZE, NUM_EXAMPLES
from pyannote_strf.applications.tag.clips import get_clips, score_clips, table_of
from pyannote_strf.applications.tag.metrics import metrics_of
from pyannote_strf.applications.types import ImportanceMeasure
from pyannote_strf.pipelines.audio_tagging import AudioTagging
from pyannote_strf.pipelines.finite import NOT_FINITE
from pyannote_strf.progress import silent
from pyannote_strf.sound_files import name_of
from pyannote_strf.tasks.clip_losses import clip_loss


def importance(model: Model, protocol: Protocol, subset: str) -> ImportanceMeasure:
    """Return the cross-entropy of clips, and their error.

    The error is the proportion of clips whose label is not predicted or, with several labels, one
    minus mean average precision.
    """
    clips = get_clips(protocol, subset, evaluated=True)
    pipeline = AudioTagging(model)
    table = table_of(pipeline, clips)
    count = min(NUM_EXAMPLES, len(clips))
    drawn = np.linspace(0, len(clips), count, endpoint=False).astype(int)

    def losses() -> Iterator[Callable[[], Tensor]]:
        for first in range(0, count, BATCH_SIZE):
            rows = drawn[first : first + BATCH_SIZE]
            targets = torch.from_numpy(table.targets[rows])
            yield partial(_loss, pipeline, [clips[row] for row in rows], targets)

    def error() -> float:
        scores = score_clips(pipeline, clips, "", silent)
        metric = next(iter(metrics_of(table, scores).values()))
        return 100 * (1 - metric(np.ones(len(clips))))

    name = "error rate" if table.is_single else "1 - mean average precision"
    return ImportanceMeasure(name, losses, error)


def _loss(pipeline: AudioTagging, clips: Sequence[Any], targets: Tensor) -> Tensor:
    """Return the sum of the losses of clips, of which the middle window is read."""
    middles = []
    for clip in clips:
        windows = list(pipeline.cut(clip))
        middles.append(windows[len(windows) // 2])
    _, waveforms, num_samples = zip(*middles)
    scores = pipeline.outputs(torch.stack(waveforms), torch.tensor(num_samples))
    for clip, row in zip(clips, scores):
        if not row.isfinite().all():
            raise ValueError(f"{name_of(clip)}: its scores are {NOT_FINITE}")
    return len(clips) * clip_loss(scores, targets.to(scores.device), pipeline.is_single)
