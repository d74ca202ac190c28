"""Errors and losses by which filters of our models are weighed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from pyannote.audio import Model
from pyannote.audio.core.task import Problem
from pyannote.database import Protocol
from torch import Tensor

from pyannote_strf.analysis.filters.importance import ablation, gradient_times_activation
from pyannote_strf.analysis.filters.reading import Importance
from pyannote_strf.applications.emb.validate import embed_sides
from pyannote_strf.applications.sad.validate import (
    best_threshold,
    sad_pipeline,
    score,
)
from pyannote_strf.database.protocols import get_files, get_trials
from pyannote_strf.experiment.progress import Progress
from pyannote_strf.metrics.score_normalisation import trial_scores
from pyannote_strf.metrics.verification import equal_error_rate, tradeoff
from pyannote_strf.pipelines import SpeakerVerification
from pyannote_strf.reports.crops import BATCH_SIZE, Crop, batches, draw_crops

# examples that gradients are taken over
NUM_EXAMPLES = 100
STEP = 0.5

# of cosine similarities, as training has it
SCALE = 30.0


def check_importance(name: str, model: Model, protocol: Protocol, subset: str) -> None:
    """Look for what importance is measured by.

    Raises
    ------
    ValueError
        If the protocol lacks what the model is evaluated by, or the model is for another task.
    """
    problem = model.specifications.problem
    if problem == Problem.REPRESENTATION:
        get_trials(protocol, subset)
    elif problem == Problem.BINARY_CLASSIFICATION:
        get_files(protocol, subset)
    else:
        raise ValueError(
            f"{name}: importance of filters is measured for speech activity detection and speaker "
            "embeddings only"
        )


def importance(
    kind: str,
    name: str,
    model: Model,
    protocol: Protocol,
    subset: str,
    progress: Progress,
) -> Importance:
    """How much a model needs each of its filters.

    Parameters
    ----------
    kind : {"gradient", "ablation"}
        "ablation" measures both.
    name : str
        Of the model, for messages.
    model : Model
    protocol : Protocol
        With annotation for speech activity detection, with trials for speaker verification: see
        :func:`check_importance`.
    subset : {"train", "development", "test"}
    progress : callable

    Returns
    -------
    importance : Importance
        Errors in percent: detection error rate at the best threshold of the whole model, or equal
        error rate.
    """
    if model.specifications.problem == Problem.REPRESENTATION:
        metric, losses, error = _verification(model, protocol, subset)
    else:
        metric, losses, error = _speech_activity(model, protocol, subset, kind)
    # kernels of cuDNN's LSTM have no backward in evaluation
    with torch.backends.cudnn.flags(enabled=False):
        gradient = gradient_times_activation(model.frontend, losses())
    if kind == "gradient":
        return Importance(gradient, None, metric)
    report = partial(progress, f"leaving out filters, {name}")
    return Importance(gradient, ablation(model.frontend, error, report), metric)


def _speech_activity(
    model: Model, protocol: Protocol, subset: str, kind: str
) -> tuple[str, Callable[[], Iterator], Callable[[], float]]:
    files = get_files(protocol, subset)
    crops = draw_crops(files, model.specifications.duration, NUM_EXAMPLES)

    def losses() -> Iterator[Callable[[], Tensor]]:
        for batch in batches(model, crops):
            yield partial(_speech_loss, model, *batch)

    pipeline = sad_pipeline(model, "detection_error_rate", STEP, model.device)
    if kind == "ablation":
        _, threshold = best_threshold(pipeline, score(pipeline, files))
        pipeline.training = False
        pipeline.instantiate(
            {**pipeline.default_parameters(), "onset": threshold, "offset": threshold}
        )

    def error() -> float:
        metric = pipeline.get_metric()
        for file in files:
            metric(file["annotation"], pipeline(file), uem=file["annotated"])
        return 100 * float(abs(metric))

    return "detection error rate", losses, error


def _speech_loss(model: Model, crops: list[Crop], waveforms: Tensor) -> Tensor:
    scores = model(waveforms)[:, :, 0]
    frames = model.receptive_field
    middles = np.array([frames[number].middle for number in range(scores.shape[1])])
    target = [
        [bool(file["annotation"].get_timeline().overlapping(t)) for t in segment.start + middles]
        for file, segment in crops
    ]
    loss = F.binary_cross_entropy(scores, torch.tensor(target).to(scores), reduction="none")
    return loss.mean(dim=1).sum()


def _verification(
    model: Model, protocol: Protocol, subset: str
) -> tuple[str, Callable[[], Iterator], Callable[[], float]]:
    trials = get_trials(protocol, subset)
    reference = np.array([trial["reference"] for trial in trials])

    def error() -> float:
        # a pipeline keeps embeddings: those of the whole model must not be taken for others
        pipeline = SpeakerVerification(model).instantiate({"threshold": 0.5})
        embeddings, sides = embed_sides(pipeline, trials, "")
        return 100 * equal_error_rate(tradeoff(reference, trial_scores(embeddings, sides))).rate

    def losses() -> Iterator[Callable[[], Tensor]]:
        pipeline = SpeakerVerification(model).instantiate({"threshold": 0.5})
        embeddings, sides = embed_sides(pipeline, trials, "")
        threshold = equal_error_rate(tradeoff(reference, trial_scores(embeddings, sides))).threshold
        drawn = [trials[number] for number in _balanced(reference, NUM_EXAMPLES)]
        for first in range(0, len(drawn), BATCH_SIZE):
            yield partial(_trial_loss, model, drawn[first : first + BATCH_SIZE], threshold)

    return "equal error rate", losses, error


def _balanced(reference: np.ndarray, count: int) -> Sequence[int]:
    """Up to as many trials of one speaker as of two, drawn at random."""
    rng = np.random.default_rng(0)
    drawn = [rng.permutation(np.flatnonzero(reference == kind))[: count // 2] for kind in (0, 1)]
    return np.concatenate(drawn).tolist()


def _trial_loss(model: Model, trials: list[dict], threshold: float) -> Tensor:
    """Logistic loss of cosine similarities, over the threshold of equal error rate."""
    embeddings = []
    for side in ("file1", "file2"):
        files = [trial[side] for trial in trials]
        crops = draw_crops(files, model.specifications.duration, len(files))
        embedded = {}
        for batch, waveforms in batches(model, crops):
            embedded.update(zip(map(_identity, batch), model(waveforms)))
        embeddings.append(torch.stack([embedded[_identity(crop)] for crop in crops]))
    signs = torch.tensor([1.0 if trial["reference"] else -1.0 for trial in trials])
    similarity = F.cosine_similarity(*embeddings) - threshold
    return F.softplus(-SCALE * signs.to(similarity) * similarity).sum()


def _identity(crop: Crop) -> tuple:
    return id(crop[0]), crop[1]
