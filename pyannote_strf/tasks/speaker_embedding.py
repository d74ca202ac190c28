"""Speaker embedding task."""

from __future__ import annotations

import inspect
import logging
import math
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from tempfile import mkstemp

import numpy as np
import torch.nn.functional as F
from pyannote.audio.core.task import Problem, Resolution, Specifications, Task
from pyannote.audio.tasks.embedding.mixins import SupervisedRepresentationLearningTaskMixin
from pyannote.core import Segment
from pyannote.database import Protocol
from pyannote.database.protocol import SpeakerVerificationProtocol
from torch import Tensor

from pyannote_strf.checks import check_choice, check_number, check_size
from pyannote_strf.compat.chunk_seeds import create_rng_for_worker
from pyannote_strf.compat.optional_validation import OptionalValidation
from pyannote_strf.files import atomic_write
from pyannote_strf.metrics.verification import tradeoff
from pyannote_strf.tasks.losses import LOSSES
from pyannote_strf.tasks.processes import share
from pyannote_strf.tasks.speech_activity_detection import MIN_DURATION, SECONDS_PER_DAY
from pyannote_strf.tasks.speech_turns import Turn, file_of, speech_turns
from pyannote_strf.tasks.trial_metric import TrialEqualErrorRate

logger = logging.getLogger(__name__)

# durations are sums of rounded numbers, in seconds
TOLERANCE = 0.001


class SpeakerEmbedding(OptionalValidation, SupervisedRepresentationLearningTaskMixin, Task):
    """Train embeddings that tell speakers apart.

    Batches hold `num_chunks_per_class` chunks of each of `num_classes_per_batch` speakers, as in
    upstream's :class:`pyannote.audio.tasks.SupervisedRepresentationLearningWithArcFace`. That one
    crashes on protocols with development trials in pyannote.audio 4.0.7, and reads trials again at
    each epoch. Here, the protocol is read once, into the task's cache.

    Validation compares, at each epoch, embeddings of the middle of each recording in the protocol's
    development trials, if it has any: "EqualErrorRate".

    Parameters
    ----------
    protocol : Protocol
        Speaker verification or diarization protocol.
    loss : {"additive_angular_margin", "additive_margin", "softmax", "triplet"}, optional
        Defaults to "additive_angular_margin" (ArcFace).
    margin : float, optional
        In radians for "additive_angular_margin", in cosine similarity for "additive_margin" and
        "triplet". Defaults to 0.2.
    scale : float, optional
        Of cosine similarities, for "additive_angular_margin" and "additive_margin". Defaults to 30.
    duration : float, optional
        Of chunks, in seconds. Defaults to 2.
    min_duration : float, optional
        When given, each batch has its own duration, between this one and `duration`. Turns shorter
        than it, or without it than `duration`, are left out.
    num_classes_per_batch, num_chunks_per_class : int, optional
        Speakers per batch, and chunks of each. Default to 32 and 1.
    label_min_duration : float, optional
        Speakers with less speech are left out, in seconds. Defaults to 0.
    per_epoch : float, optional
        Days of audio in one epoch, on all devices together. Defaults to the duration of the training set.
    cache, num_workers, pin_memory, augmentation, metric
        See :class:`pyannote.audio.core.task.Task`.

    Raises
    ------
    ValueError
        If the loss or an option of it is unknown; while preparing data, if less than two speakers
        are left.

    References
    ----------
    Deng et al., "ArcFace: additive angular margin loss for deep face recognition", CVPR 2019.
    Wang et al., "CosFace: large margin cosine loss for deep face recognition", CVPR 2018.
    Coria et al., "A comparison of metric learning loss functions for end-to-end speaker
    verification", SLSP 2020.
    """

    def __init__(
        self,
        protocol: Protocol,
        cache: str | None = None,
        loss: str = "additive_angular_margin",
        margin: float | None = None,
        scale: float | None = None,
        duration: float = 2.0,
        min_duration: float | None = None,
        num_classes_per_batch: int = 32,
        num_chunks_per_class: int = 1,
        label_min_duration: float = 0.0,
        per_epoch: float | None = None,
        batch_size: int | None = None,
        **kwargs,
    ):
        check_choice("loss", loss, LOSSES)
        self.loss = loss
        self.loss_options = {
            name: value
            for name, value in (("margin", margin), ("scale", scale))
            if value is not None
        }
        known = inspect.signature(LOSSES[loss]).parameters
        for name in self.loss_options:
            if name not in known:
                raise ValueError(f"loss {loss!r} has no {name}")
        shortest = duration if min_duration is None else min_duration
        several = 2 if loss == "triplet" else 1
        check_size("num_chunks_per_class", num_chunks_per_class)
        check_size("num_classes_per_batch", num_classes_per_batch)
        for name, value, least, most in (
            ("duration", duration, MIN_DURATION, math.inf),
            ("min_duration", shortest, MIN_DURATION, math.inf),
            ("num_chunks_per_class", num_chunks_per_class, several, math.inf),
            ("num_classes_per_batch", num_classes_per_batch, several, math.inf),
            ("label_min_duration", label_min_duration, 0, math.inf),
            ("per_epoch", per_epoch, 1e-9, math.inf),
            # radians, or cosine similarity
            ("margin", margin, 0, math.pi),
            ("scale", scale, 1e-9, math.inf),
        ):
            if value is not None:
                check_number(name, value, least, most)
        if batch_size is not None:
            num_classes_per_batch, rest = divmod(batch_size, num_chunks_per_class)
            if rest or num_classes_per_batch < several:
                raise ValueError(
                    f"a batch of {batch_size} cannot hold {num_chunks_per_class} chunks of each of "
                    f"{several} speakers or more"
                )
        if shortest > duration:
            raise ValueError(f"min_duration ({shortest:g} s) is above duration ({duration:g} s)")
        self.num_chunks_per_class = num_chunks_per_class
        self.num_classes_per_batch = num_classes_per_batch
        super().__init__(
            protocol,
            cache=cache,
            duration=duration,
            min_duration=min_duration,
            batch_size=self.num_classes_per_batch * num_chunks_per_class,
            **kwargs,
        )
        self.has_validation &= isinstance(self.protocol, SpeakerVerificationProtocol)
        self.label_min_duration = label_min_duration
        self.per_epoch = per_epoch

    def prepare_data(self):
        """Read the protocol, once, into the cache."""
        if self.cache and self.cache.exists() and self.cache.stat().st_size > 0:
            return
        every_turn = list(speech_turns(self.protocol.train()))
        shortest = self.min_duration - TOLERANCE
        turns = [turn for turn in every_turn if turn.end - turn.start >= shortest]
        speech: Counter = Counter()
        for turn in turns:
            speech[turn.speaker] += turn.end - turn.start
        least = self.label_min_duration - TOLERANCE
        kept = {speaker for speaker, duration in speech.items() if duration >= least}
        if len(kept) < 2:
            raise ValueError(
                f"{self.protocol.name}: two speakers at least are needed, and the train subset has "
                f"{len(kept)} with turns of {self.min_duration:g} s and, in all, "
                f"{self.label_min_duration:g} s of speech; are durations in the task too long?"
            )
        everybody = {turn.speaker for turn in every_turn}
        if len(kept) < len(everybody):
            logger.warning(
                "%s: %d of %d speakers are left out, having no turn of %g s, or less than %g s in all",
                self.protocol.name,
                len(everybody) - len(kept),
                len(everybody),
                self.min_duration,
                self.label_min_duration,
            )
        prepared = {
            "protocol": self.protocol.name,
            "turns": np.array(
                [turn for turn in turns if turn.speaker in kept],
                dtype=[
                    *((name, object) for name in ("audio", "channel", "speaker")),
                    *((name, "f8") for name in ("start", "end")),
                ],
            ),
        }
        if self.has_validation:
            self.prepare_validation(prepared)
        if not self.cache:
            self.cache = Path(mkstemp()[1])
        with atomic_write(self.cache) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **prepared)

    def prepare_validation(self, prepared: dict):
        """Trials, by number of their recordings, each with the middle of what is to be tried with."""
        numbers: dict[tuple, int] = {}
        trials = []
        for trial in self.protocol.development_trial():
            sides = []
            for file in (trial["file1"], trial["file2"]):
                part = file["try_with"].extent()
                recording = (str(file["audio"]), file.get("channel"), part.middle)
                sides.append(numbers.setdefault(recording, len(numbers)))
            trials.append((trial["reference"], *sides))
        prepared["trials"] = np.array(trials)
        # undefined errors are better said now than after an epoch
        tradeoff(prepared["trials"][:, 0], np.zeros(len(trials)))
        prepared["trial-recordings"] = np.array(
            list(numbers), dtype=[("audio", object), ("channel", object), ("middle", "f8")]
        )

    def setup(self, stage=None):
        # reads the cache, which upstream's mixin forgets
        Task.setup(self, stage)
        self._turns: dict[str, list[Turn]] = {}
        for turn in self.prepared_data["turns"]:
            self._turns.setdefault(turn["speaker"], []).append(Turn(*turn.item()))
        self._speech = {
            speaker: list(accumulate(turn.end - turn.start for turn in turns))
            for speaker, turns in self._turns.items()
        }
        self.specifications = Specifications(
            problem=Problem.REPRESENTATION,
            resolution=Resolution.CHUNK,
            duration=self.duration,
            min_duration=self.min_duration,
            classes=sorted(self._turns),
        )

    def setup_loss_func(self):
        self.model.loss_func = LOSSES[self.loss](
            len(self.specifications.classes), self.model.dimension, **self.loss_options
        )

    def train__len__(self):
        if self.per_epoch is None:
            seconds = sum(speech[-1] for speech in self._speech.values())
        else:
            seconds = self.per_epoch * SECONDS_PER_DAY
        return share(self, math.ceil(2 * seconds / (self.min_duration + self.duration)))

    def train__iter__(self) -> Iterator[dict]:
        """Chunks, batch after batch.

        Upstream's mixin gives chunks of one batch lengths that may differ by a sample, when
        durations are random and a turn is short.

        Yields
        ------
        X : (channel, sample) Tensor
        y : int
            Index of the speaker.
        """
        rng = create_rng_for_worker(self.model)
        speakers = self._shuffled(rng)
        while True:
            duration = rng.uniform(self.min_duration, self.duration)
            for index in islice(speakers, self.num_classes_per_batch):
                speaker = self.specifications.classes[index]
                turns = rng.choices(
                    self._turns[speaker],
                    cum_weights=self._speech[speaker],
                    k=self.num_chunks_per_class,
                )
                for turn in turns:
                    yield {"X": self._chunk(turn, duration, rng), "y": index}

    def _shuffled(self, rng: Random) -> Iterator[int]:
        """All speakers in random order, over and over."""
        order = list(range(len(self.specifications.classes)))
        while True:
            rng.shuffle(order)
            yield from order

    def _chunk(self, turn: Turn, duration: float, rng: Random) -> Tensor:
        """A random part of a turn, or all of it somewhere in silence."""
        start = rng.uniform(turn.start, max(turn.start, turn.end - duration))
        chunk = Segment(start, min(start + duration, turn.end))
        waveform, sample_rate = self.model.audio.crop(turn.file(), chunk, mode="pad")
        missing = self.model.audio.get_num_samples(duration, sample_rate) - waveform.shape[1]
        before = rng.randint(0, max(0, missing))
        # a negative one takes away the sample that rounding adds
        return F.pad(waveform, (before, missing - before))

    def default_metric(self):
        if not self.has_validation:
            return []
        return {"EqualErrorRate": TrialEqualErrorRate(self.prepared_data["trials"])}

    def val__len__(self):
        return len(self.prepared_data["trial-recordings"])

    def val__getitem__(self, index: int) -> dict:
        audio, channel, middle = self.prepared_data["trial-recordings"][index].item()
        chunk = Segment(middle - 0.5 * self.duration, middle + 0.5 * self.duration)
        waveform, _ = self.model.audio.crop(file_of(audio, channel), chunk, mode="pad")
        return {"X": waveform, "index": index}

    def validation_step(self, batch: dict[str, Tensor], batch_idx: int):
        self.model.validation_metric.update(self.model(batch["X"]), batch["index"])
        self.model.log_dict(
            self.model.validation_metric, on_step=False, on_epoch=True, prog_bar=True, logger=True
        )
