"""Detection of speech in files, and evaluation of the result."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
from pyannote.audio import Model
from pyannote.core import SlidingWindowFeature
from pyannote.metrics.detection import DetectionErrorRate

from pyannote_strf.applications.base import ApplyResult, BadParams, Job
from pyannote_strf.applications.hyper_parameters import instantiate
from pyannote_strf.applications.sad import BATCH_SIZE, MIN_STEP
from pyannote_strf.applications.sad.tuning import sad_pipeline
from pyannote_strf.checks import check_number
from pyannote_strf.files import atomic_write, remove_partial, write_text
from pyannote_strf.pipelines import SpeechActivityDetection

# columns of the table of errors in seconds, and the components of the metric that they hold
SECONDS = {
    "speech": "total",
    "false_alarm": "false alarm",
    "missed": "miss",
}


def detect(job: Job) -> ApplyResult:
    """Detect speech in files, and evaluate it on annotated files.

    This writes speech regions (`.rttm`), and the detection error rate of annotated files as a table
    (`.eval`) and as comma-separated values (`.csv`). With `options.scores`, it also writes a folder
    with the raw scores of each file.

    Returns
    -------
    result : ApplyResult
        `result` is the metric, or None if no file is annotated.
    """
    step = job.options.step or job.tuned_with.get("step")
    pipeline = tuned_pipeline(job.model, job.params, step, job.options.batch)
    folder = job.path("")
    for inner in folder.glob("**"):
        remove_partial(inner)

    metric = DetectionErrorRate()
    evaluated = 0
    rttm = io.StringIO()
    for done, file in enumerate(job.items):
        job.progress("detecting speech", done, len(job.items))
        speech, raw = pipeline.with_scores(file)
        speech.write_rttm(rttm)
        if job.options.scores:
            _write_scores(folder / f"{file['uri']}.npz", raw)
        if file.get("annotation") is not None:
            metric(file["annotation"], speech, uem=file["annotated"])
            evaluated += 1
    job.progress("detecting speech", len(job.items), len(job.items))

    paths = [job.path(".rttm")]
    write_text(paths[0], rttm.getvalue())
    if not evaluated:
        return ApplyResult(paths)
    paths += [job.path(".eval"), job.path(".csv")]
    write_text(paths[1], f"{metric}\n")
    write_text(paths[2], errors_table(metric))
    return ApplyResult(paths, notes=[str(metric)], result=metric)


def errors_table(metric: DetectionErrorRate) -> str:
    """Return the errors of each file and their total as comma-separated values.

    The columns are `file` ("TOTAL" in the last row), `detection_error_rate` (a ratio), `speech` (in
    the reference, in seconds), `false_alarm` and `missed` (in seconds).

    >>> print(errors_table(DetectionErrorRate()).strip())
    file,detection_error_rate,speech,false_alarm,missed
    TOTAL,0.000000,0.000,0.000,0.000
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["file", "detection_error_rate", *SECONDS])
    for name, components in (*metric.results_, ("TOTAL", metric.accumulated_)):
        seconds = [f"{components[component]:.3f}" for component in SECONDS.values()]
        writer.writerow([name, f"{metric.compute_metric(components):.6f}", *seconds])
    return table.getvalue()


def tuned_pipeline(
    model: Model, params: dict[str, float], step: Any, batch_size: int = BATCH_SIZE
) -> SpeechActivityDetection:
    """Return a pipeline with tuned hyper-parameters.

    Parameters
    ----------
    model : Model
    params : dict of str to float
        Hyper-parameters, as read from `params.yml`.
    step : float
        Step between chunks, as a ratio of their duration, as read from `params.yml`.
    batch_size : int, optional
        Number of chunks in a batch. Defaults to 32.

    Raises
    ------
    BadParams
        If hyper-parameters or the step are missing or invalid.
    """
    try:
        check_number("step", step, least=MIN_STEP, most=1)
    except ValueError as error:
        raise BadParams(str(error)) from None
    pipeline = sad_pipeline(model, "detection_error_rate", step, batch_size)
    instantiate(pipeline, params)
    return pipeline


def _write_scores(path: Path, scores: SlidingWindowFeature) -> None:
    window = scores.sliding_window
    with atomic_write(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(
            stream,
            scores=scores.data,
            start=window.start,
            duration=window.duration,
            step=window.step,
        )
