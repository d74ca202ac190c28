"""Choose the best epoch, and tune the pipeline on it."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from pyannote.audio import Model
from pyannote.audio.core.pipeline import Pipeline
from pyannote.database import ProtocolFile
from pyannote.pipeline import Optimizer

from pyannote_strf.database.protocols import (
    get_evaluated_files,
    get_protocol,
    warn_of_missing_audio,
)
from pyannote_strf.experiment.checkpoints import load_model_for
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.layout import TrainDir, ValidateDir
from pyannote_strf.experiment.progress import Progress, silent
from pyannote_strf.files import check_writable, remove_partial, write_yaml
from pyannote_strf.pipelines import SpeechActivityDetection

METRICS = ("detection_fscore", "detection_error_rate")

# thresholds that epochs are compared at, before the best of them is tuned in full
THRESHOLDS = [step / 20 for step in range(2, 19)]
NUM_TRIALS = 200

BATCH_SIZE = 32


def sad_pipeline(
    model: Model, metric: str, step: float, device: torch.device, batch_size: int = BATCH_SIZE
) -> Pipeline:
    """Speech activity detection with a model.

    Parameters
    ----------
    model : Model
    metric : {"detection_fscore", "detection_error_rate"}
    step : float
        Between successive chunks, as a ratio of their duration.
    device : torch.device
    batch_size : int, optional
        Chunks processed at once. Defaults to 32.
    """
    pipeline = SpeechActivityDetection(
        segmentation=model,
        fscore=metric == "detection_fscore",
        step=step * model.specifications.duration,
        batch_size=batch_size,
    )
    return pipeline.to(device)


def validate(
    train_dir: TrainDir,
    protocol: str,
    subset: str = "development",
    metric: str = "detection_fscore",
    epochs: Iterable[int] | None = None,
    step: float = 0.25,
    num_trials: int = NUM_TRIALS,
    batch_size: int = BATCH_SIZE,
    device: torch.device | None = None,
    progress: Progress = silent,
    trust: bool = False,
) -> tuple[ValidateDir, dict[int, float]]:
    """Compare epochs at their best threshold, then tune all hyper-parameters of the best one.

    Parameters
    ----------
    train_dir : TrainDir
    protocol, subset : str
        What to validate on.
    metric : {"detection_fscore", "detection_error_rate"}, optional
    epochs : iterable of int, optional
        Which epochs to compare. Defaults to all.
    step : float, optional
        Between successive chunks, as a ratio of their duration. Defaults to 0.25.
    num_trials : int, optional
        Trials of the final tuning. Defaults to 200.
    batch_size : int, optional
        Chunks processed at once. Defaults to 32.
    device : torch.device, optional
    progress : callable, optional
        Called with what is being done, how much of it is done, and how much there is.
    trust : bool, optional
        See :class:`~pyannote_strf.experiment.config.Config` and
        :func:`~pyannote_strf.models.checkpoint.load_model`.

    Returns
    -------
    validate_dir : ValidateDir
        Holds `params.yml`.
    values : dict
        Value of the metric for each epoch.
    """
    device = device or torch.device("cpu")
    protocol_ = get_protocol(protocol, Config(train_dir.root, trust).preprocessors())
    warn_of_missing_audio(get_evaluated_files(protocol_, subset))
    validate_dir = train_dir.validate_dir(metric, protocol, subset)
    check_writable(validate_dir.path)
    remove_partial(validate_dir.path)

    values: dict[int, float] = {}
    best = None
    for epoch in epochs or train_dir.epochs():
        model = load_model_for(train_dir.checkpoint(epoch), embeds=False, trust=trust)
        pipeline = sad_pipeline(model, metric, step, device, batch_size)
        files = score(pipeline, get_evaluated_files(protocol_, subset), f"epoch {epoch}", progress)
        sign = 1 if pipeline.get_direction() == "maximize" else -1
        value, threshold = best_threshold(pipeline, files)
        values[epoch] = value
        if best is None or sign * value > sign * values[best[0]]:
            best = epoch, threshold, pipeline, files

    epoch, threshold, pipeline, files = best
    parameters, value = tune(pipeline, files, threshold, num_trials, progress)
    write_yaml(
        validate_dir.params, {"epoch": epoch, "step": step, "params": parameters, metric: value}
    )
    return validate_dir, values


def score(
    pipeline: Pipeline,
    files: list[ProtocolFile],
    what: str = "",
    progress: Progress = silent,
) -> list[ProtocolFile]:
    """Keep scores of the model in files, for as long as the pipeline is being tuned."""
    pipeline.training = True
    pipeline.instantiate(pipeline.default_parameters())
    for done, file in enumerate(files):
        progress(f"scoring, {what}", done, len(files))
        pipeline(file)
    progress(f"scoring, {what}", len(files), len(files))
    return files


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
    threshold: float,
    num_trials: int,
    progress: Progress,
) -> tuple[dict[str, float], float]:
    """Tune all hyper-parameters, starting from one threshold.

    Returns
    -------
    parameters : dict
    value : float
        Of the pipeline's metric.
    """
    start = {**pipeline.default_parameters(), "onset": threshold, "offset": threshold}
    optimizer = Optimizer(pipeline, seed=0)
    results = optimizer.tune_iter(files, warm_start=start, show_progress=False)
    for trial in range(1, num_trials + 1):
        best = next(results)
        progress("tuning", trial, num_trials)
    return {name: float(value) for name, value in best["params"].items()}, float(best["loss"])
