"""Detection of speech in files, and evaluation of the result."""

from __future__ import annotations

import csv
import io
from typing import cast

import numpy as np
from pyannote.core import SlidingWindowFeature
from pyannote.database import ProtocolFile
from pyannote.metrics.detection import DetectionErrorRate

from pyannote_strf.applications.sad.formats import rttm, scores_npz
from pyannote_strf.applications.types import ApplyResult, Job
from pyannote_strf.files import remove_partial, write_bytes, write_text
from pyannote_strf.pipelines import SpeechActivityDetection

# name of the last row of the table of errors
TOTAL = "TOTAL"

# columns of the table of errors in seconds, and the components of the metric that they hold
SECONDS = {
    "speech": "total",
    "false_alarm": "false alarm",
    "missed": "miss",
}


def detect(job: Job) -> ApplyResult:
    """Detect speech in files, and evaluate it on annotated files.

    This writes speech regions (`.rttm`, see :func:`~pyannote_strf.applications.sad.formats.rttm`),
    and the detection error rate of annotated files as a table (`.eval`) and as comma-separated
    values (`.csv`). With `options.scores`, it also writes a folder with a NumPy archive of each
    file: frame scores (see :func:`~pyannote_strf.applications.sad.formats.scores_npz`), and regions
    (start, end) of the reference (`speech`) and of what is evaluated (`annotated`).

    Returns
    -------
    result : ApplyResult
        `result` is the metric, or None if no file is annotated.
    """
    pipeline = cast(SpeechActivityDetection, job.pipeline)
    folder = job.path("")
    for inner in folder.glob("**"):
        remove_partial(inner)
    # scores of an earlier run do not belong to the new table
    for archive in folder.glob("**/*.npz"):
        archive.unlink()

    metric = DetectionErrorRate()
    evaluated = 0
    regions = []
    for done, file in enumerate(job.items):
        job.progress("detecting speech", done, len(job.items))
        speech, raw = pipeline.with_scores(file)
        regions.append(rttm(file["uri"], speech))
        if job.options.scores:
            scores = _scores_and_reference(file, raw)
            write_bytes(folder / f"{file['uri']}.npz", scores)
        if file.get("annotation") is not None:
            metric(file["annotation"], speech, uem=file["annotated"])
            evaluated += 1
    job.progress("detecting speech", len(job.items), len(job.items))

    contents = {".rttm": "".join(regions)}
    if evaluated:
        contents |= {".eval": f"{metric}\n", ".csv": errors_table(metric)}
    for suffix, content in contents.items():
        write_text(job.path(suffix), content)
    paths = [*map(job.path, contents), *([folder] if job.options.scores else [])]
    if not evaluated:
        return ApplyResult(paths)
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
    for name, components in (*metric.results_, (TOTAL, metric.accumulated_)):
        seconds = [f"{components[component]:.3f}" for component in SECONDS.values()]
        writer.writerow([name, f"{metric.compute_metric(components):.6f}", *seconds])
    return table.getvalue()


def _scores_and_reference(file: ProtocolFile, scores: SlidingWindowFeature) -> bytes:
    """Return frame scores and, if the file is annotated, what they are evaluated against."""
    reference = {}
    if file.get("annotation") is not None:
        for name, regions in (
            ("speech", file["annotation"].get_timeline().support()),
            ("annotated", file["annotated"].support()),
        ):
            edges = [(region.start, region.end) for region in regions]
            reference[name] = np.array(edges, dtype=float).reshape(-1, 2)
    return scores_npz(scores, **reference)
