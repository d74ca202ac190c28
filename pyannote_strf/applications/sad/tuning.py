"""Tuning of the speech activity detection pipeline."""

from __future__ import annotations

from pathlib import Path

from optuna import Study, TrialPruned
from optuna.trial import FrozenTrial, Trial
from pyannote.audio.core.pipeline import Pipeline
from pyannote.core import SlidingWindowFeature
from pyannote.database import ProtocolFile
from pyannote.pipeline import Optimizer

from pyannote_strf.applications.sad.storage import shared_optimizer
from pyannote_strf.progress import Progress, silent

# thresholds to compare epochs at, before all hyper-parameters of the best epoch are tuned
THRESHOLDS = [step / 20 for step in range(2, 19)]


def cache_scores(
    pipeline: Pipeline,
    files: list[ProtocolFile],
    what: str = "",
    progress: Progress = silent,
) -> list[SlidingWindowFeature]:
    """Score files, and cache the scores in them for tuning.

    Parameters
    ----------
    pipeline : SpeechActivityDetection
    files : list of ProtocolFile
        The scores of each file are added to it.
    what : str, optional
        Name of the model, for the progress bar.
    progress : callable, optional
        See :data:`~pyannote_strf.progress.Progress`.

    Returns
    -------
    scores : list of SlidingWindowFeature
        Scores of each file.
    """
    pipeline.training = True
    pipeline.instantiate(pipeline.default_parameters())
    scores = []
    for done, file in enumerate(files):
        progress(f"scoring, {what}", done, len(files))
        # remove the scores of another model
        file.pop(pipeline.CACHED_SEGMENTATION, None)
        pipeline(file)
        scores.append(file[pipeline.CACHED_SEGMENTATION])
    progress(f"scoring, {what}", len(files), len(files))
    return scores


def evaluate(pipeline: Pipeline, files: list[ProtocolFile], params: dict[str, float]) -> float:
    """Return the value of the pipeline's metric for hyper-parameters, on cached scores."""
    pipeline.instantiate(params)
    metric = pipeline.get_metric()
    for file in files:
        metric(file["annotation"], pipeline(file), uem=file["annotated"])
    return float(abs(metric))


def best_threshold(pipeline: Pipeline, files: list[ProtocolFile]) -> tuple[float, float]:
    """Return the best value of the pipeline's metric over `THRESHOLDS`, and its threshold."""
    best = max if pipeline.get_direction() == "maximize" else min
    return best(
        (evaluate(pipeline, files, at_threshold(pipeline, threshold)), threshold)
        for threshold in THRESHOLDS
    )


def at_threshold(pipeline: Pipeline, threshold: float) -> dict[str, float]:
    """Return default hyper-parameters with one threshold for onset and offset."""
    return {**pipeline.default_parameters(), "onset": threshold, "offset": threshold}


def tune(
    pipeline: Pipeline,
    files: list[ProtocolFile],
    scores: list[SlidingWindowFeature],
    threshold: float,
    num_trials: int,
    progress: Progress,
    storage: Path | None = None,
) -> tuple[dict[str, float], float]:
    """Tune all hyper-parameters, starting from one threshold.

    Parameters
    ----------
    pipeline : SpeechActivityDetection
    files : list of ProtocolFile
    scores : list of SlidingWindowFeature
        Scores of each file, as returned by :func:`cache_scores` for this pipeline.
    threshold : float
        Onset and offset of the first trial.
    num_trials : int
        Number of trials, over all processes that share a storage.
    progress : callable
        See :data:`~pyannote_strf.progress.Progress`.
    storage : Path, optional
        File (.sqlite or .journal) that holds trials. Processes that tune the same model on the same
        files share them. Defaults to no storage, with seed 0.

    Returns
    -------
    params : dict
    value : float
        Value of the pipeline's metric.

    Raises
    ------
    ValueError
        If the storage cannot be used.
    """
    for file, file_scores in zip(files, scores):
        file[pipeline.CACHED_SEGMENTATION] = file_scores
    optimizer = (
        shared_optimizer(pipeline, files, storage) if storage else Optimizer(pipeline, seed=0)
    )
    study = optimizer.study_
    study.enqueue_trial(at_threshold(pipeline, threshold), skip_if_exists=True)
    objective = optimizer.get_objective(files)

    def limited(trial: Trial) -> float:
        if trial.number >= num_trials:
            study.stop()
            raise TrialPruned
        return objective(trial)

    def report(study: Study, _: FrozenTrial) -> None:
        progress("tuning", min(len(study.get_trials(deepcopy=False)), num_trials), num_trials)

    pipeline.training = True
    study.optimize(limited, callbacks=[report])
    value = evaluate(pipeline, files, optimizer.best_params)
    return {name: float(value) for name, value in optimizer.best_params.items()}, value
