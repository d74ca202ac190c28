"""Speaker embedding and verification."""

from __future__ import annotations

from dataclasses import dataclass
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
    from pyannote.database import Protocol


@dataclass(frozen=True)
class ApplyOptions:
    """Options of `emb apply`."""

    s_norm: Annotated[
        bool,
        typer.Option(
            "--s-norm/--raw",
            help="Add scores that are normalised by a cohort of training speakers.",
        ),
    ] = True


class SpeakerVerification(Application):
    """Speaker verification: decide whether two recordings are of the same speaker.

    Epochs are compared by their equal error rate on trials. `params.yml` holds its threshold.
    """

    name = "emb"
    title = "Speaker embedding and verification."
    metrics = {"equal_error_rate": "minimize"}
    architectures = "pyannote.audio.models.embedding"
    ApplyOptions = ApplyOptions
    template = template(
        "Speaker embedding with a learnable spectro-temporal front-end.",
        """\
task:
  name: SpeakerEmbedding
  params:
    loss: additive_angular_margin   # or additive_margin, softmax, triplet
    margin: 0.2                     # radians
    scale: 30
    duration: 3.0                   # seconds in a chunk; shorter turns are left out
    # min_duration: 1.0             # random duration of each batch, from this one to `duration`
    num_classes_per_batch: 32       # speakers in a batch
    num_chunks_per_class: 1         # chunks of each speaker; at least 2 for triplet
    # label_min_duration: 30        # leave out speakers with less speech, in seconds
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

    def importance(self, model: Model, protocol: Protocol, subset: str) -> ImportanceMeasure:
        from pyannote_strf.applications.emb.importance import importance

        return importance(model, protocol, subset)
