"""Upstream's voice activity detection task, with what it lacks."""

from __future__ import annotations

import math

from pyannote.audio.tasks import VoiceActivityDetection
from pyannote.database import Protocol, ProtocolFile

from pyannote_strf.checks import check_number
from pyannote_strf.compat.balance import Balance
from pyannote_strf.compat.channels import Channels
from pyannote_strf.compat.optional_validation import OptionalValidation
from pyannote_strf.compat.small_development_sets import SmallDevelopmentSets

SECONDS_PER_DAY = 24 * 3600

# shortest chunk that every front-end takes, in seconds
MIN_DURATION = 0.3

# shortest pause that annotation is taken to mean, rather than a rounded end, in seconds
PAUSE = 0.1


class SpeechActivityDetection(
    OptionalValidation, Balance, Channels, SmallDevelopmentSets, VoiceActivityDetection
):
    """Upstream's :class:`pyannote.audio.tasks.VoiceActivityDetection`, under its 1.1 name.

    Parameters
    ----------
    protocol : Protocol
        pyannote.database protocol.
    duration : float, optional
        Of chunks, in seconds: 0.3 at least. Defaults to 2.
    warm_up : float or (float, float), optional
        Seconds of the left and right end of chunks that are not learned from. Defaults to 0.
    per_epoch : float, optional
        Days of audio in one epoch (on each device), as in pyannote.audio 1.1. Defaults to the duration of the
        training set.
    kwargs : optional
        See :class:`pyannote.audio.tasks.VoiceActivityDetection`.

    Raises
    ------
    ValueError
        If a value is out of range; while preparing data, if no annotated region is as long as a
        chunk, or no speech annotated, or nothing else.
    """

    def __init__(
        self,
        protocol: Protocol,
        *,
        duration: float = 2.0,
        warm_up: float | tuple[float, float] = 0.0,
        per_epoch: float | None = None,
        **kwargs,
    ):
        check_number("duration", duration, least=MIN_DURATION)
        ends = [warm_up, warm_up] if isinstance(warm_up, int | float) else list(warm_up)
        for end in ends:
            check_number("warm_up", end, least=0)
        if len(ends) != 2 or sum(ends) >= duration:
            raise ValueError(f"warm_up ({warm_up}) leaves nothing of chunks of {duration:g} s")
        if per_epoch is not None:
            check_number("per_epoch", per_epoch, least=1e-9)
        super().__init__(protocol, duration=duration, warm_up=tuple(ends), **kwargs)
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
        if not any(_has_pause(file) for file in self.protocol.train()):
            raise ValueError(
                f"{self.protocol.name}: files of the train subset are annotated as speech throughout, and "
                "nothing tells it from what is no speech; train on a protocol that says when somebody "
                "speaks"
            )
        super().prepare_data()

    def train__len__(self):
        if self.per_epoch is None:
            return super().train__len__()
        return max(self.batch_size, math.ceil(self.per_epoch * SECONDS_PER_DAY / self.duration))


def _has_pause(file: ProtocolFile) -> bool:
    speech = file["annotation"].get_timeline()
    return any(gap.duration > PAUSE for gap in speech.gaps(file["annotated"]))
