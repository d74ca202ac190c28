"""Measure of the importance of filters for speech activity detection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial

import numpy as np
import torch
import torch.nn.functional as F
from pyannote.audio import Model
from pyannote.audio.core.pipeline import Pipeline
from pyannote.database import Protocol
from torch import Tensor

from pyannote_strf.applications.crops import NUM_EXAMPLES, Crop, batches, draw_crops
from pyannote_strf.applications.load import build_pipeline
from pyannote_strf.applications.models import specifications_of
from pyannote_strf.applications.sad import SpeechActivityDetection
from pyannote_strf.applications.sad.tuning import best_threshold, cache_scores
from pyannote_strf.applications.types import ImportanceMeasure
from pyannote_strf.database.protocols import get_files
from pyannote_strf.pipelines.finite import NOT_FINITE
from pyannote_strf.sound_files import name_of

# step between chunks, as a ratio of their duration
STEP = 0.5


def importance(model: Model, protocol: Protocol, subset: str) -> ImportanceMeasure:
    """Return the binary cross-entropy of frames, and the detection error rate of files.

    The first call of `error` chooses the best threshold, which later calls keep.
    """
    files = get_files(protocol, subset)
    crops = draw_crops(files, specifications_of(model).duration, NUM_EXAMPLES)

    def losses() -> Iterator[Callable[[], Tensor]]:
        for batch in batches(model, crops):
            yield partial(_speech_loss, model, *batch)

    @cache
    def pipeline() -> Pipeline:
        built = build_pipeline(SpeechActivityDetection(), model, {"step": STEP})
        cache_scores(built, files)
        _, threshold = best_threshold(built, files)
        built.training = False
        return built.instantiate(
            {**built.default_parameters(), "onset": threshold, "offset": threshold}
        )

    def error() -> float:
        metric = pipeline().get_metric()
        for file in files:
            metric(file["annotation"], pipeline()(file), uem=file["annotated"])
        return 100 * float(abs(metric))

    return ImportanceMeasure("detection error rate", losses, error)


def _speech_loss(model: Model, crops: list[Crop], waveforms: Tensor) -> Tensor:
    """Return the sum over crops of the mean cross-entropy of their frames."""
    scores = model(waveforms)[:, :, 0]
    for (file, _), crop_scores in zip(crops, scores):
        if not crop_scores.isfinite().all():
            raise ValueError(f"{name_of(file)}: its scores are {NOT_FINITE}")
    frames = model.receptive_field
    middles = np.array([frames[number].middle for number in range(scores.shape[1])])
    target = [
        [bool(file["annotation"].get_timeline().overlapping(t)) for t in segment.start + middles]
        for file, segment in crops
    ]
    loss = F.binary_cross_entropy(scores, torch.tensor(target).to(scores), reduction="none")
    return loss.mean(dim=1).sum()
