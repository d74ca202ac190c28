"""Speech activity detection."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from pyannote_strf.applications.base import Application, Applied, Importance, Job, Scored
from pyannote_strf.applications.template import template
from pyannote_strf.progress import Progress

MIN_STEP = 0.01

Step = Annotated[
    float | None,
    typer.Option(
        min=MIN_STEP, max=1.0, help="Between successive chunks, as a ratio of their duration."
    ),
]
Batch = Annotated[int, typer.Option(min=1, help="Chunks processed at once.")]


@dataclass(frozen=True)
class ValidateOptions:
    """Options of `sad validate`."""

    trials: Annotated[int, typer.Option(min=1, help="Trials of the final tuning, in all.")] = 200
    step: Step = 0.25
    batch: Batch = 32
    storage: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File (.journal or .sqlite) through which several processes share the trials of the "
            "final tuning.",
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.storage is not None:
            from pyannote_strf.applications.sad.storage import check_storage

            check_storage(self.storage)


@dataclass(frozen=True)
class ApplyOptions:
    """Options of `sad apply`. The step defaults to what the pipeline was tuned with."""

    step: Step = None
    batch: Batch = 32
    scores: Annotated[bool, typer.Option("--scores", help="Keep raw scores of each file too.")] = (
        False
    )


class SpeechActivityDetection(Application):
    """Where is speech?

    Epochs are compared at the best threshold of each; then all hyper-parameters of the pipeline are
    tuned on the best one.
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
    # per_epoch: 1         # days of audio in an epoch; by default, as much as there is to train on
""",
        """\
architecture:
  name: STRFPyanNet
  params:
    # Other front-ends: {name: sincnet}, {name: mel, spectrogram: {gain_control: true}}, or
    # {name: conv2d, normalisation: batch, spectrogram: {gain_control: true, normalisation: mean}}.
    frontend:
      name: strf
      mode: abs            # filters respond to modulations of any phase
      normalisation: batch # noise alone is not raised to the contrasts of speech
      spectrogram:
        gain_control: true     # bands relative to their recent level
        normalisation: mean    # contrasts in decibels
      # num_filters: 64
      # stride: [4, 2]     # bands and frames between responses
    # lstm: {hidden_size: 128, num_layers: 2, bidirectional: true}
    # linear: {hidden_size: 128, num_layers: 2}
""",
    )

    def serves(self, specifications) -> bool:
        from pyannote_strf.pipelines.speech_activity_detection import detects_speech

        return detects_speech(specifications)

    def items(self, protocol, subset: str, evaluated: bool = True) -> list:
        from pyannote_strf.database.protocols import get_evaluated_files

        return get_evaluated_files(protocol, subset, with_annotation=evaluated)

    def score(
        self, model, items: list, metric: str, options: Any, what: str, progress: Progress
    ) -> Scored:
        from pyannote_strf.applications.sad.tuning import best_threshold, cache_scores, sad_pipeline

        pipeline = sad_pipeline(model, metric, options.step, options.batch)
        scores = cache_scores(pipeline, items, what, progress)
        value, threshold = best_threshold(pipeline, items)
        params = {"onset": threshold, "offset": threshold}
        return Scored(value, params, (pipeline, items, scores))

    def tune(
        self, scored: Scored, metric: str, options: Any, progress: Progress
    ) -> tuple[dict[str, float], float]:
        from pyannote_strf.applications.sad.tuning import tune

        return tune(
            *scored.state, scored.params["onset"], options.trials, progress, options.storage
        )

    def kept(self, options: Any) -> dict[str, Any]:
        return {"step": options.step}

    def apply(self, job: Job) -> Applied:
        from pyannote_strf.applications.sad.detection import detect

        return detect(job)

    def importance(self, model, protocol, subset: str) -> Importance:
        from pyannote_strf.applications.sad.importance import importance

        return importance(model, protocol, subset)
