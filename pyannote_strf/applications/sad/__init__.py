"""Speech activity detection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyannote_strf.applications.template import template
from pyannote_strf.applications.types import (
    ApplyResult,
    Comparable,
    EpochScore,
    ImportanceMeasure,
    Job,
)
from pyannote_strf.applications.windows import (
    BATCH_SIZE,
    Batch,
    SavedStep,
    Step,
    WindowedApplication,
)
from pyannote_strf.progress import Progress

if TYPE_CHECKING:
    # slow imports, which `--help` does not need
    from pyannote.audio import Model
    from pyannote.audio.core.task import Specifications
    from pyannote.database import Protocol, ProtocolFile


@dataclass(frozen=True)
class ValidateOptions:
    """Options of `sad validate`."""

    trials: Annotated[
        int, typer.Option(min=1, help="Number of trials of the tuning, over all processes.")
    ] = 200
    step: Step = 0.25
    batch: Batch = BATCH_SIZE
    storage: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File (.journal or .sqlite) that shares tuning trials between processes.",
            callback=lambda path: path and path.expanduser(),
        ),
    ] = None

    def __post_init__(self) -> None:
        """Check the storage."""
        if self.storage is not None:
            from pyannote_strf.applications.sad.storage import check_storage

            check_storage(self.storage)


@dataclass(frozen=True)
class ApplyOptions:
    """Options of `sad apply`."""

    step: SavedStep = None
    batch: Batch = BATCH_SIZE
    scores: Annotated[
        bool, typer.Option("--scores/--no-scores", help="Write frame scores of each file.")
    ] = True


class Format(StrEnum):
    """Formats of speech regions."""

    RTTM = "rttm"
    AUDACITY = "audacity"
    CSV = "csv"
    JSON = "json"


class ScoreFormat(StrEnum):
    """Formats of frame scores."""

    NPZ = "npz"
    CSV = "csv"


@dataclass(frozen=True)
class PredictOptions:
    """Options of `sad predict`."""

    format: Annotated[
        list[Format], typer.Option(help="Format of speech regions. Repeat for several formats.")
    ] = (Format.RTTM,)  # type: ignore[assignment]
    scores: Annotated[
        ScoreFormat | None, typer.Option(help="Write frame scores, in this format.")
    ] = None
    step: SavedStep = None
    batch: Batch = BATCH_SIZE


@dataclass(frozen=True)
class CompareOptions:
    """Options of `compare` for results of `sad`."""

    frame: Annotated[
        float,
        typer.Option(min=0.001, help="sad: duration of the frames of ROC-AUC, in seconds."),
    ] = 0.032


class SpeechActivityDetection(WindowedApplication):
    """Speech activity detection: find the regions of speech in recordings.

    Epochs are compared at their best threshold. All hyper-parameters of the pipeline are then tuned
    on the best epoch.
    """

    name = "sad"
    title = "Speech activity detection."
    metrics = {"detection_fscore": "maximize", "detection_error_rate": "minimize"}
    architectures = "pyannote.audio.models.segmentation"
    pipeline = "pyannote_strf.pipelines.SpeechActivityDetection"
    pipeline_model = "segmentation"
    ValidateOptions = ValidateOptions
    ApplyOptions = ApplyOptions
    PredictOptions = PredictOptions
    CompareOptions = CompareOptions
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
        from pyannote_strf.applications.load import build_pipeline
        from pyannote_strf.applications.sad.tuning import best_threshold, cache_scores

        pipeline = build_pipeline(self, model, vars(options))
        pipeline.fscore = metric == "detection_fscore"
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

    def apply(self, job: Job) -> ApplyResult:
        from pyannote_strf.applications.sad.detection import detect

        return detect(job)

    def suffixes(self, options: Any) -> list[str]:
        from pyannote_strf.applications.sad.formats import suffixes

        return suffixes(options)

    def predict(self, pipeline: Any, file: Mapping[str, Any], options: Any) -> dict[str, bytes]:
        from pyannote_strf.applications.sad.formats import formatted

        speech, scores = pipeline.with_scores(file)
        return formatted(file["uri"], speech, scores, options)

    def show(self, pipeline: Any, files: Sequence[Mapping[str, Any]], options: Any) -> str:
        if options.scores is not None:
            raise ValueError("--scores needs a directory for its files; add --out")
        return super().show(pipeline, files, options)

    def compare(self, applied: Sequence[Path], options: Any) -> Comparable:
        from pyannote_strf.applications.sad.comparison import comparable

        return comparable(applied, options.frame)

    def importance(self, model: Model, protocol: Protocol, subset: str) -> ImportanceMeasure:
        from pyannote_strf.applications.sad.importance import importance

        return importance(model, protocol, subset)
