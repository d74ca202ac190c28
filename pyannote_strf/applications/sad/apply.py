"""Apply a tuned pipeline, and evaluate what comes out."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from pyannote.audio.core.pipeline import Pipeline
from pyannote.core import SlidingWindowFeature
from pyannote.metrics.base import BaseMetric
from pyannote.metrics.detection import DetectionErrorRate

from pyannote_strf.applications.sad.validate import BATCH_SIZE, sad_pipeline
from pyannote_strf.database.protocols import (
    get_evaluated_files,
    get_protocol,
    warn_of_missing_audio,
)
from pyannote_strf.experiment.checkpoints import load_model_for
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.layout import ValidateDir
from pyannote_strf.experiment.params import load_params
from pyannote_strf.experiment.progress import Progress, silent
from pyannote_strf.files import check_writable, remove_partial, replaces, write_text


@dataclass
class Applied:
    """What `apply` made.

    Attributes
    ----------
    rttm : Path
        Speech regions of all files.
    evaluation : Path or None
        Table of the metric, where files are annotated.
    metric : BaseMetric or None
        The metric itself.
    """

    rttm: Path
    evaluation: Path | None
    metric: BaseMetric | None


def apply(
    validate_dir: ValidateDir,
    protocol: str,
    subset: str = "test",
    step: float | None = None,
    scores: bool = False,
    batch_size: int = BATCH_SIZE,
    device: torch.device | None = None,
    progress: Progress = silent,
    trust: bool = False,
) -> Applied:
    """Detect speech in all files of a subset, and evaluate it on those that are annotated.

    Parameters
    ----------
    validate_dir : ValidateDir
    protocol, subset : str
        What to process.
    step : float, optional
        Between successive chunks, as a ratio of their duration. Defaults to what the pipeline was
        tuned with.
    scores : bool, optional
        Keep raw scores of each file too, as `<protocol>.<subset>/<uri>.npz`. Defaults to False.
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
    applied : Applied
    """
    pipeline, epoch = tuned_pipeline(
        validate_dir, step, device or torch.device("cpu"), batch_size, trust
    )
    config = Config(validate_dir.train_dir.root, trust)
    protocol_ = get_protocol(protocol, config.preprocessors())
    files = get_evaluated_files(protocol_, subset, with_annotation=False)
    warn_of_missing_audio(files)
    output = validate_dir.apply_dir(epoch)
    check_writable(output)
    name = f"{protocol}.{subset}"
    remove_partial(output, f"{name}.*")
    for folder in (output / name).glob("**"):
        remove_partial(folder)

    metric = DetectionErrorRate()
    evaluated = 0
    rttm = io.StringIO()
    for done, file in enumerate(files):
        progress("detecting speech", done, len(files))
        speech, raw = pipeline.with_scores(file)
        speech.write_rttm(rttm)
        if scores:
            _write_scores(output / name / f"{file['uri']}.npz", raw)
        if file.get("annotation") is not None:
            metric(file["annotation"], speech, uem=file["annotated"])
            evaluated += 1
    progress("detecting speech", len(files), len(files))

    write_text(output / f"{name}.rttm", rttm.getvalue())
    if not evaluated:
        return Applied(output / f"{name}.rttm", None, None)
    write_text(output / f"{name}.eval", f"{metric}\n")
    return Applied(output / f"{name}.rttm", output / f"{name}.eval", metric)


def tuned_pipeline(
    validate_dir: ValidateDir,
    step: float | None,
    device: torch.device,
    batch_size: int = BATCH_SIZE,
    trust: bool = False,
) -> tuple[Pipeline, int]:
    """Pipeline with the best epoch's model and tuned hyper-parameters.

    Returns
    -------
    pipeline : SpeechActivityDetection
    epoch : int
    """
    epoch, parameters, tuned_step = load_params(validate_dir, "step")
    checkpoint = validate_dir.train_dir.checkpoint(epoch)
    model = load_model_for(checkpoint, embeds=False, trust=trust)
    pipeline = sad_pipeline(model, "detection_error_rate", step or tuned_step, device, batch_size)
    try:
        return pipeline.instantiate(parameters), epoch
    except ValueError as error:
        raise ValueError(f"{validate_dir.params}: {error}") from None


def _write_scores(path: Path, scores: SlidingWindowFeature) -> None:
    window = scores.sliding_window
    with replaces(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(
            stream,
            scores=scores.data,
            start=window.start,
            duration=window.duration,
            step=window.step,
        )
