"""Tuning of the speech activity detection pipeline."""

from __future__ import annotations

from pathlib import Path

from optuna import Study, TrialPruned
from optuna.trial import FrozenTrial, Trial
from pyannote.audio import Model
from pyannote.audio.core.pipeline import Pipeline
from pyannote.core import SlidingWindowFeature
from pyannote.database import ProtocolFile
from pyannote.pipeline import Optimizer

from pyannote_strf.applications.sad.storage import shared_optimizer
from pyannote_strf.pipelines import SpeechActivityDetection
from pyannote_strf.progress import Progress, silent

# thresholds that epochs are compared at, before the best of them is tuned in full
THRESHOLDS = [step / 20 for step in range(2, 19)]


def sad_pipeline(model: Model, metric: str, step: float, batch_size: int = 32) -> Pipeline:
    """Speech activity detection with a model, on its device.

    Parameters
    ----------
    model : Model
    metric : {"detection_fscore", "detection_error_rate"}
    step : float
        Between successive chunks, as a ratio of their duration.
    batch_size : int, optional
        Chunks processed at once. Defaults to 32.
    """
    pipeline = SpeechActivityDetection(
        segmentation=model,
        fscore=metric == "detection_fscore",
        step=step * model.specifications.duration,
        batch_size=batch_size,
    )
    return pipeline.to(model.device)


def cache_scores(
    pipeline: Pipeline,
    files: list[ProtocolFile],
    what: str = "",
    progress: Progress = silent,
) -> list[SlidingWindowFeature]:
    """Score files, and keep the scores in them, for as long as the pipeline is being tuned.

    Returns
    -------
    scores : list of SlidingWindowFeature
        Of each file.
    """
    pipeline.training = True
    pipeline.instantiate(pipeline.default_parameters())
    scores = []
    for done, file in enumerate(files):
        progress(f"scoring, {what}", done, len(files))
        # those of another model
        file.pop(pipeline.CACHED_SEGMENTATION, None)
        pipeline(file)
        scores.append(file[pipeline.CACHED_SEGMENTATION])
    progress(f"scoring, {what}", len(files), len(files))
    return scores


def evaluate(pipeline: Pipeline, files: list[ProtocolFile], params: dict[str, float]) -> float:
    """Value of the pipeline's metric with some hyper-parameters, on cached scores."""
    pipeline.instantiate(params)
    metric = pipeline.get_metric()
    for file in files:
        metric(file["annotation"], pipeline(file), uem=file["annotated"])
    return float(abs(metric))


def best_threshold(pipeline: Pipeline, files: list[ProtocolFile]) -> tuple[float, float]:
    """Best value of the pipeline's metric over `THRESHOLDS`, and the threshold it is reached at."""
    best = max if pipeline.get_direction() == "maximize" else min
    return best(
        (evaluate(pipeline, files, at_threshold(pipeline, threshold)), threshold)
        for threshold in THRESHOLDS
    )


def at_threshold(pipeline: Pipeline, threshold: float) -> dict[str, float]:
    """Default hyper-parameters, but for one threshold in place of two."""
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
        What :func:`cache_scores` returned for this pipeline.
    threshold : float
    num_trials : int
        In all processes that share a storage.
    progress : callable
    storage : Path, optional
        File (.sqlite or .journal) through which processes that tune the same model on the same files
        share trials, and in which later ones find them. Defaults to none: trials are those of seed 0.

    Returns
    -------
    params : dict
    value : float
        Of the pipeline's metric.

    Raises
    ------
    ValueError
        If the storage cannot be used.
    """
    for file, of_file in zip(files, scores):
        file[pipeline.CACHED_SEGMENTATION] = of_file
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
