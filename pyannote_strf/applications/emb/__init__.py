"""Speaker embedding and verification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from pyannote_strf.applications.base import Application, Applied, Importance, Job, Scored
from pyannote_strf.applications.template import template
from pyannote_strf.progress import Progress


@dataclass(frozen=True)
class ApplyOptions:
    """Options of `emb apply`."""

    s_norm: Annotated[
        bool,
        typer.Option(
            "--s-norm/--raw", help="Also normalise scores by the speakers that were trained on."
        ),
    ] = True


class SpeakerVerification(Application):
    """Do two recordings hold the same voice?

    Epochs are compared by their equal error rate on trials, whose threshold is kept.
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
    # min_duration: 1.0             # batches of random duration, between this one and `duration`
    num_classes_per_batch: 32       # speakers in a batch
    num_chunks_per_class: 1         # chunks of each speaker; triplet needs two at least
    # label_min_duration: 30        # leave out speakers with less speech, in seconds
    # per_epoch: 1                  # days of audio in an epoch; by default, all there is
""",
        """\
architecture:
  name: STRFTDNN
  params:
    # Other front-ends: {name: sincnet}, {name: mel}, {name: conv2d}.
    frontend:
      name: strf
      mode: concat         # filters respond by their real and imaginary parts
      normalisation: instance
      spectrogram:
        gain_control: false    # true: bands relative to their recent level
        normalisation: instance
      # num_filters: 64
      # stride: [4, 2]     # bands and frames between responses
    # dimension: 512
""",
    )

    def serves(self, specifications) -> bool:
        from pyannote_strf.pipelines.speaker_verification import embeds_voices

        return embeds_voices(specifications)

    def items(self, protocol, subset: str, evaluated: bool = True) -> list:
        from pyannote_strf.database.protocols import get_trials

        return get_trials(protocol, subset)

    def score(
        self, model, items: list, metric: str, options: Any, what: str, progress: Progress
    ) -> Scored:
        from pyannote_strf.applications.emb.verification import score

        return score(model, items, what, progress)

    def apply(self, job: Job) -> Applied:
        from pyannote_strf.applications.emb.verification import verify

        return verify(job)

    def importance(self, model, protocol, subset: str) -> Importance:
        from pyannote_strf.applications.emb.importance import importance

        return importance(model, protocol, subset)
