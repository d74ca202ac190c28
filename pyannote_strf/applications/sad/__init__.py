"""Speech activity detection."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyannote_strf.applications.base import (
    Application,
    ApplyResult,
    EpochScore,
    ImportanceMeasure,
    Job,
)
from pyannote_strf.applications.template import template
from pyannote_strf.progress import Progress

if TYPE_CHECKING:
    # slow imports, which `--help` does not need
    from pyannote.audio import Model
    from pyannote.audio.core.task import Specifications
    from pyannote.database import Protocol, ProtocolFile

MIN_STEP = 0.01
BATCH_SIZE = 32

STEP = typer.Option(
    min=MIN_STEP, max=1.0, help="Step between chunks, as a ratio of their duration."
)
Batch = Annotated[int, typer.Option(min=1, help="Number of chunks in a batch.")]


@dataclass(frozen=True)
class ValidateOptions:
    """Options of `sad validate`."""

    trials: Annotated[
        int, typer.Option(min=1, help="Number of trials of the tuning, over all processes.")
    ] = 200
    step: Annotated[float, STEP] = 0.25
    batch: Batch = BATCH_SIZE
    storage: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File (.journal or .sqlite) through which processes share trials of the tuning.",
        ),
    ] = None

    def __post_init__(self) -> None:
        """Check the storage."""
        if self.storage is not None:
            from pyannote_strf.applications.sad.storage import check_storage

            check_storage(self.storage)


@dataclass(frozen=True)
class ApplyOptions:
    """Options of `sad apply`. The step defaults to that of `sad validate`."""

    step: Annotated[float | None, STEP] = None
    batch: Batch = BATCH_SIZE
    scores: Annotated[bool, typer.Option("--scores", help="Write raw scores of each file.")] = False


class SpeechActivityDetection(Application):
    """Speech activity detection: find the regions of speech in recordings.

    Epochs are compared at their best threshold. All hyper-parameters of the pipeline are then tuned
    on the best epoch.
    """

    name = "sad"
    title = "Speech activity detection."
    metrics = {"detection_fscore": "maximize", "detection_error_rate": "minimize"}
    architectures = "pyannote.audio.models.segmentation"
    ValidateOptions = ValidateOptions
    ApplyOptions = ApplyOptions
    template = template(
        "Speech activity detection with a learnable spectro-temporal front-end.",
        """\
task:
  name: SpeechActivityDetection
  params:
    duration: 2.0          # seconds in a chunk
    batch_size: 32         # chunks in a batch
    # per_epoch: 1         # days of audio in an epoch; all training audio by default
""",
        """\
architecture:
  name: STRFPyanNet
  params:
    # Other front-ends: {name: sincnet}, {name: mel, spectrogram: {gain_control: true}}, or
    # {name: conv2d, normalisation: batch, spectrogram: {gain_control: true, normalisation: mean}}.
    frontend:
      name: strf
      mode: abs            # magnitude of responses, whatever the phase of modulations
      normalisation: batch # keep the responses to noise smaller than those to speech
      spectrogram:
        gain_control: true     # each band relative to its recent level
        normalisation: mean    # subtract the mean, keep contrasts in decibels
      # num_filters: 64
      # stride: [4, 2]     # bands and frames between responses
    # lstm: {hidden_size: 128, num_layers: 2, bidirectional: true}
    # linear: {hidden_size: 128, num_layers: 2}
""",
    )

    def serves(self, specifications: Specifications) -> bool:
        from pyannote_strf.pipelines.speech_activity_detection import detects_speech

        return detects_speech(specifications)

    def items(self, protocol: Protocol, subset: str, evaluated: bool = True) -> list[ProtocolFile]:
        from pyannote_strf.database.protocols import get_evaluated_files

        return get_evaluated_files(protocol, subset, with_annotation=evaluated)

    def score(
        self,
        model: Model,
        items: list[ProtocolFile],
        metric: str,
        options: Any,
        what: str,
        progress: Progress,
    ) -> EpochScore:
        from pyannote_strf.applications.sad.tuning import best_threshold, cache_scores, sad_pipeline

        pipeline = sad_pipeline(model, metric, options.step, options.batch)
        scores = cache_scores(pipeline, items, what, progress)
        value, threshold = best_threshold(pipeline, items)
        params = {"onset": threshold, "offset": threshold}
        return EpochScore(value, params, (pipeline, items, scores))

    def tune(
        self, scored: EpochScore, metric: str, options: Any, progress: Progress
    ) -> tuple[dict[str, float], float]:
        from pyannote_strf.applications.sad.tuning import tune

        pipeline, files, scores = scored.state
        threshold = scored.params["onset"]
        return tune(pipeline, files, scores, threshold, options.trials, progress, options.storage)

    def saved_options(self, options: Any) -> dict[str, Any]:
        return {"step": options.step}

    def apply(self, job: Job) -> ApplyResult:
        from pyannote_strf.applications.sad.detection import detect

        return detect(job)

    def importance(self, model: Model, protocol: Protocol, subset: str) -> ImportanceMeasure:
        from pyannote_strf.applications.sad.importance import importance

        return importance(model, protocol, subset)
