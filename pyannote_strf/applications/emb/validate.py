"""Choose the epoch of the least equal error rate, and the threshold it is reached at."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from pyannote_strf.database.protocols import get_protocol, get_trials
from pyannote_strf.experiment.checkpoints import load_model_for
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.layout import TrainDir, ValidateDir
from pyannote_strf.experiment.progress import Progress, silent
from pyannote_strf.files import check_writable, remove_partial, write_yaml
from pyannote_strf.metrics.score_normalisation import trial_scores
from pyannote_strf.metrics.verification import equal_error_rate, tradeoff
from pyannote_strf.pipelines import SpeakerVerification

METRIC = "equal_error_rate"


def verification_pipeline(
    checkpoint: Path,
    device: torch.device,
    threshold: float | None = None,
    trust: bool = False,
) -> SpeakerVerification:
    """Speaker verification with the model of a checkpoint.

    Parameters
    ----------
    checkpoint : Path
    device : torch.device
    threshold : float, optional
        Defaults to that of the pipeline.
    trust : bool, optional
        See :func:`~pyannote_strf.models.checkpoint.load_model`.
    """
    pipeline = SpeakerVerification(load_model_for(checkpoint, embeds=True, trust=trust)).to(device)
    chosen = pipeline.default_parameters() if threshold is None else {"threshold": threshold}
    return pipeline.instantiate(chosen)


def validate(
    train_dir: TrainDir,
    protocol: str,
    subset: str = "development",
    epochs: Iterable[int] | None = None,
    device: torch.device | None = None,
    progress: Progress = silent,
    trust: bool = False,
) -> tuple[ValidateDir, dict[int, float]]:
    """Compare epochs by their equal error rate.

    Parameters
    ----------
    train_dir : TrainDir
    protocol, subset : str
        What to validate on.
    epochs : iterable of int, optional
        Which epochs to compare. Defaults to all.
    device : torch.device, optional
    progress : callable, optional
        See :data:`~pyannote_strf.experiment.progress.Progress`.
    trust : bool, optional
        See :class:`~pyannote_strf.experiment.config.Config` and
        :func:`~pyannote_strf.models.checkpoint.load_model`.

    Returns
    -------
    validate_dir : ValidateDir
        Holds `params.yml`.
    values : dict
        Equal error rate of each epoch.
    """
    protocol_ = get_protocol(protocol, Config(train_dir.root, trust).preprocessors())
    trials = get_trials(protocol_, subset)
    validate_dir = train_dir.validate_dir(METRIC, protocol, subset)
    check_writable(validate_dir.path)
    remove_partial(validate_dir.path)

    found = {}
    for epoch in epochs or train_dir.epochs():
        pipeline = verification_pipeline(
            train_dir.checkpoint(epoch), device or torch.device("cpu"), trust=trust
        )
        embeddings, sides = embed_sides(pipeline, trials, f"epoch {epoch}", progress)
        reference = [trial["reference"] for trial in trials]
        found[epoch] = equal_error_rate(tradeoff(reference, trial_scores(embeddings, sides)))
    best = min(found, key=lambda epoch: found[epoch].rate)
    write_yaml(
        validate_dir.params,
        {
            "epoch": best,
            "params": {"threshold": found[best].threshold},
            METRIC: found[best].rate,
        },
    )
    return validate_dir, {epoch: value.rate for epoch, value in found.items()}


def embed_sides(
    pipeline: SpeakerVerification, trials: list[dict], what: str, progress: Progress = silent
) -> tuple[np.ndarray, np.ndarray]:
    """Embed the recordings of trials, each once.

    Returns
    -------
    embeddings : (recording, dimension) array
    sides : (trial, 2) array of int
        Embeddings that each trial compares.
    """
    sides = np.array([[id(trial[side]) for side in ("file1", "file2")] for trial in trials])
    recordings, numbers = np.unique(sides, return_inverse=True)
    files = {id(trial[side]): trial[side] for trial in trials for side in ("file1", "file2")}
    embeddings = []
    for done, recording in enumerate(recordings):
        progress(f"embedding, {what}", done, len(recordings))
        embeddings.append(pipeline.embed(files[recording]))
    progress(f"embedding, {what}", len(recordings), len(recordings))
    return np.array(embeddings), numbers.reshape(-1, 2)
