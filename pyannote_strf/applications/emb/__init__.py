"""Speaker embedding and verification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyannote_strf.applications.base import Application
from pyannote_strf.applications.template import template
from pyannote_strf.applications.types import (
    ApplyResult,
    Comparable,
    EpochScore,
    ImportanceMeasure,
    Job,
)
from pyannote_strf.progress import Progress

if TYPE_CHECKING:
    # slow imports, which `--help` does not need
    from pyannote.audio import Model
    from pyannote.audio.core.task import Specifications
    from pyannote.database import Protocol


@dataclass(frozen=True)
class ApplyOptions:
    """Options of `emb apply`."""

    s_norm: Annotated[
        bool,
        typer.Option(
            "--s-norm/--raw",
            help="Add scores after s-norm with a cohort of training speakers.",
        ),
    ] = True


class Format(StrEnum):
    """Formats of embeddings."""

    NPZ = "npz"
    JSON = "json"


@dataclass(frozen=True)
class PredictOptions:
    """Options of `emb predict`."""

    format: Annotated[
        Format | None,
        typer.Option(help="Format of embeddings. Defaults to npz with --out, and to json without."),
    ] = None


class SpeakerVerification(Application):
    """Speaker verification: decide whether two recordings are of the same speaker.

    Epochs are compared by their equal error rate on trials. `params.yml` holds its threshold.
    """

    name = "emb"
    title = "Speaker embedding and verification."
    metrics = {"equal_error_rate": "minimize"}
    architectures = "pyannote.audio.models.embedding"
    pipeline = "pyannote_strf.pipelines.SpeakerVerification"
    pipeline_model = "embedding"
    ApplyOptions = ApplyOptions
    PredictOptions = PredictOptions
    template = template(
        "Speaker embedding with a learnable spectro-temporal front-end.",
        """\
task:
  name: SpeakerEmbedding
  params:
    loss: additive_angular_margin   # or additive_margin, softmax, triplet
    margin: 0.2                     # radians
    scale: 30
    duration: 3.0                   # seconds in a chunk; shorter turns are skipped
    # min_duration: 1.0             # random duration of each batch, from this one to `duration`
    num_classes_per_batch: 32       # speakers in a batch
    num_chunks_per_class: 1         # chunks of each speaker; at least 2 for triplet
    # label_min_duration: 30        # skip speakers with less speech, in seconds
    # per_epoch: 1                  # days of audio in an epoch; all training audio by default
""",
        """\
architecture:
  name: STRFTDNN
  params:
    # Other front-ends: {name: sincnet}, {name: mel}, {name: conv2d}.
    frontend:
      name: strf
      mode: concat         # real and imaginary parts of responses
      normalisation: instance
      spectrogram:
        gain_control: false    # true: each band relative to its recent level
        normalisation: instance
      # num_filters: 64
      # stride: [4, 2]     # bands and frames between responses
    # dimension: 512
""",
    )

    def serves(self, specifications: Specifications) -> bool:
        from pyannote_strf.pipelines.speaker_verification import embeds_voices

        return embeds_voices(specifications)

    def items(self, protocol: Protocol, subset: str, evaluated: bool = True) -> list[dict]:
        from pyannote_strf.database.protocols import get_trials

        return get_trials(protocol, subset)

    def score(
        self,
        model: Model,
        items: list[dict],
        metric: str,
        options: Any,
        what: str,
        progress: Progress,
    ) -> EpochScore:
        from pyannote_strf.applications.emb.verification import score

        return score(model, items, what, progress)

    def apply(self, job: Job) -> ApplyResult:
        from pyannote_strf.applications.emb.verification import verify

        return verify(job)

    def suffixes(self, options: Any) -> list[str]:
        return [f".{options.format or Format.NPZ}"]

    def predict(self, pipeline: Any, file: Mapping[str, Any], options: Any) -> dict[str, bytes]:
        from pyannote_strf.applications.emb.formats import formatted

        kind = options.format or Format.NPZ
        return {f".{kind}": formatted(pipeline.embed(file), file["uri"], kind)}

    def show(self, pipeline: Any, files: Sequence[Mapping[str, Any]], options: Any) -> str:
        if options.format is Format.NPZ:
            raise ValueError("--format=npz needs a directory for results; add --out")
        if len(files) == 2 and options.format is None:
            from pyannote_strf.applications.emb.formats import decision

            return decision(pipeline, *files)
        return super().show(pipeline, files, PredictOptions(Format.JSON))

    def compare(self, applied: Sequence[Path], options: Any) -> Comparable:
        from pyannote_strf.applications.emb.comparison import comparable

        return comparable(applied)

    def importance(self, model: Model, protocol: Protocol, subset: str) -> ImportanceMeasure:
        from pyannote_strf.applications.emb.importance import importance

        return importance(model, protocol, subset)
