"""Tuning of the speech activity detection pipeline."""

from __future__ import annotations

from pyannote.audio import Model
from pyannote.audio.core.pipeline import Pipeline
from pyannote.core import SlidingWindowFeature
from pyannote.database import ProtocolFile
from pyannote.pipeline import Optimizer

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


def evaluate(pipeline: Pipeline, files: list[ProtocolFile], threshold: float) -> float:
    """Value of the pipeline's metric at one threshold, on cached scores."""
    pipeline.instantiate({**pipeline.default_parameters(), "onset": threshold, "offset": threshold})
    metric = pipeline.get_metric()
    for file in files:
        metric(file["annotation"], pipeline(file), uem=file["annotated"])
    return float(abs(metric))


def best_threshold(pipeline: Pipeline, files: list[ProtocolFile]) -> tuple[float, float]:
    """Best value of the pipeline's metric over `THRESHOLDS`, and the threshold it is reached at."""
    best = max if pipeline.get_direction() == "maximize" else min
    return best((evaluate(pipeline, files, threshold), threshold) for threshold in THRESHOLDS)


def tune(
    pipeline: Pipeline,
    files: list[ProtocolFile],
    scores: list[SlidingWindowFeature],
    threshold: float,
    num_trials: int,
    progress: Progress,
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
    progress : callable

    Returns
    -------
    params : dict
    value : float
        Of the pipeline's metric.
    """
    for file, of_file in zip(files, scores):
        file[pipeline.CACHED_SEGMENTATION] = of_file
    start = {**pipeline.default_parameters(), "onset": threshold, "offset": threshold}
    optimizer = Optimizer(pipeline, seed=0)
    results = optimizer.tune_iter(files, warm_start=start, show_progress=False)
    for trial in range(1, num_trials + 1):
        best = next(results)
        progress("tuning", trial, num_trials)
    return {name: float(value) for name, value in best["params"].items()}, float(best["loss"])
