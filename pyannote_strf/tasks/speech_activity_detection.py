"""Upstream's voice activity detection task, with what it lacks."""

from __future__ import annotations

import math

from pyannote.audio.tasks import VoiceActivityDetection
from pyannote.database import Protocol

from pyannote_strf.tasks.optional_validation import OptionalValidation

SECONDS_PER_DAY = 24 * 3600


class SpeechActivityDetection(OptionalValidation, VoiceActivityDetection):
    """Upstream's :class:`pyannote.audio.tasks.VoiceActivityDetection`, under its 1.1 name.

    Parameters
    ----------
    protocol : Protocol
        pyannote.database protocol.
    per_epoch : float, optional
        Days of audio in one epoch (on each device), as in pyannote.audio 1.1. Defaults to the duration of the
        training set.
    kwargs : optional
        See :class:`pyannote.audio.tasks.VoiceActivityDetection`.

    Raises
    ------
    ValueError
        While preparing data, if no annotated region is as long as a chunk, or no speech annotated.
    """

    def __init__(self, protocol: Protocol, per_epoch: float | None = None, **kwargs):
        super().__init__(protocol, **kwargs)
        self.per_epoch = per_epoch

    def prepare_data(self):
        subsets = ["train", "development"] if self.has_validation else ["train"]
        for subset in subsets:
            files = getattr(self.protocol, subset)()
            if not any(s.duration >= self.duration for file in files for s in file["annotated"]):
                raise ValueError(
                    f"{self.protocol.name}: no annotated region of the {subset} subset lasts "
                    f"{self.duration:g} s, the duration of a chunk; choose a shorter one"
                )
        if not any(file["annotation"] for file in self.protocol.train()):
            raise ValueError(
                f"{self.protocol.name}: no file of the train subset has any annotated speech; do names "
                "in the annotation match those in the list of files?"
            )
        super().prepare_data()

    def setup(self, stage=None):
        super().setup(stage)
        # pyannote.audio 4.0.7 reads for `balance=` a key that it never writes
        self.prepared_data["metadata"] = self.prepared_data["metadata-values"].item()

    def train__len__(self):
        if self.per_epoch is None:
            return super().train__len__()
        return max(self.batch_size, math.ceil(self.per_epoch * SECONDS_PER_DAY / self.duration))
