"""Losses and errors that filters of speaker verification models are weighed by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from pyannote.audio import Model
from pyannote.database import Protocol
from torch import Tensor

from pyannote_strf.applications.base import Importance
from pyannote_strf.applications.crops import BATCH_SIZE, NUM_EXAMPLES, Crop, batches, draw_crops
from pyannote_strf.applications.emb.embedding import embed_sides
from pyannote_strf.database.protocols import get_trials
from pyannote_strf.metrics.score_normalisation import trial_scores
from pyannote_strf.metrics.verification import EqualErrorRate, equal_error_rate, tradeoff
from pyannote_strf.pipelines import SpeakerVerification

# of cosine similarities, as training has it
SCALE = 30.0


def importance(model: Model, protocol: Protocol, subset: str) -> Importance:
    """Logistic loss of trials around the threshold of equal error rate, and that rate."""
    trials = get_trials(protocol, subset)
    reference = np.array([trial["reference"] for trial in trials])

    def now() -> EqualErrorRate:
        # a pipeline keeps embeddings: those of the whole model must not be taken for others
        embeddings, sides = embed_sides(SpeakerVerification(model), trials, "")
        return equal_error_rate(tradeoff(reference, trial_scores(embeddings, sides)))

    def losses() -> Iterator[Callable[[], Tensor]]:
        threshold = now().threshold
        drawn = [trials[number] for number in _balanced(reference, NUM_EXAMPLES)]
        for first in range(0, len(drawn), BATCH_SIZE):
            yield partial(_trial_loss, model, drawn[first : first + BATCH_SIZE], threshold)

    return Importance("equal error rate", losses, lambda: 100 * now().rate)


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
