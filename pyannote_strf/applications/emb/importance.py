"""Measure of the importance of filters for speaker verification."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from pyannote.audio import Model
from pyannote.core import Segment
from pyannote.database import Protocol
from torch import Tensor

from pyannote_strf.applications.crops import BATCH_SIZE, NUM_EXAMPLES, Crop, batches, draw_crops
from pyannote_strf.applications.emb.embedding import embed_sides
from pyannote_strf.applications.models import specifications_of
from pyannote_strf.applications.types import ImportanceMeasure
from pyannote_strf.database.protocols import get_trials
from pyannote_strf.metrics.score_normalisation import trial_scores
from pyannote_strf.metrics.verification import EqualErrorRate, equal_error_rate, tradeoff
from pyannote_strf.pipelines import SpeakerVerification

# scale of cosine similarities in the loss, as in training
SCALE = 30.0


def importance(model: Model, protocol: Protocol, subset: str) -> ImportanceMeasure:
    """Return the logistic loss of trials, and their equal error rate.

    The loss is relative to the threshold of the equal error rate.
    """
    trials = get_trials(protocol, subset)
    reference = np.array([trial["reference"] for trial in trials])

    def now() -> EqualErrorRate:
        # a new pipeline: pipelines cache embeddings, which change with the model
        embeddings, sides = embed_sides(SpeakerVerification(model), trials, "")
        return equal_error_rate(tradeoff(reference, trial_scores(embeddings, sides)))

    def losses() -> Iterator[Callable[[], Tensor]]:
        threshold = now().threshold
        drawn = [trials[number] for number in _balanced(reference, NUM_EXAMPLES)]
        for first in range(0, len(drawn), BATCH_SIZE):
            yield partial(_trial_loss, model, drawn[first : first + BATCH_SIZE], threshold)

    return ImportanceMeasure("equal error rate", losses, lambda: 100 * now().rate)


def _balanced(reference: np.ndarray, count: int) -> Sequence[int]:
    """Draw up to `count / 2` target and as many non-target trials at random."""
    rng = np.random.default_rng(0)
    drawn = [rng.permutation(np.flatnonzero(reference == kind))[: count // 2] for kind in (0, 1)]
    return np.concatenate(drawn).tolist()


def _trial_loss(model: Model, trials: list[dict], threshold: float) -> Tensor:
    """Return the sum of the logistic losses of cosine similarities minus the threshold."""
    one, other = (_embed(model, [trial[side] for trial in trials]) for side in ("file1", "file2"))
    signs = torch.tensor([1.0 if trial["reference"] else -1.0 for trial in trials])
    similarity = F.cosine_similarity(one, other) - threshold
    return F.softplus(-SCALE * signs.to(similarity) * similarity).sum()


def _embed(model: Model, files: list[dict]) -> Tensor:
    """Embed a random crop of each file: (file, dimension)."""
    crops = draw_crops(files, specifications_of(model).duration, len(files))
    embedded: dict[tuple[int, Segment], Tensor] = {}
    for batch, waveforms in batches(model, crops):
        embedded.update(zip(map(_key, batch), model(waveforms)))
    return torch.stack([embedded[_key(crop)] for crop in crops])


def _key(crop: Crop) -> tuple[int, Segment]:
    """Return a hashable key of a crop, whose file is not hashable."""
    file, segment = crop
    return id(file), segment
