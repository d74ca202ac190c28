"""Speaker embedding task."""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from tempfile import mkstemp
from typing import Any

import numpy as np
import torch.nn.functional as F
from pyannote.audio.core.task import Problem, Resolution, Specifications, Task
from pyannote.audio.tasks.embedding.mixins import SupervisedRepresentationLearningTaskMixin
from pyannote.core import Segment
from pyannote.database import Protocol
from pyannote.database.protocol import SpeakerVerificationProtocol
from torch import Tensor
from torchmetrics import Metric

from pyannote_strf.checks import check_number, check_size
from pyannote_strf.compat.chunk_seeds import create_rng_for_worker
from pyannote_strf.compat.optional_validation import OptionalValidation
from pyannote_strf.files import atomic_write
from pyannote_strf.metrics.verification import tradeoff
from pyannote_strf.tasks.cache import cached_options, check_cache
from pyannote_strf.tasks.losses import LOSSES, check_loss
from pyannote_strf.tasks.processes import chunks_per_process
from pyannote_strf.tasks.speech_activity_detection import MIN_DURATION, SECONDS_PER_DAY
from pyannote_strf.tasks.speech_turns import Turn, audio_file, speech_turns
from pyannote_strf.tasks.trial_metric import TrialEqualErrorRate

logger = logging.getLogger(__name__)

# tolerance on durations, which are sums of rounded numbers, in seconds
TOLERANCE = 0.001


class SpeakerEmbedding(OptionalValidation, SupervisedRepresentationLearningTaskMixin, Task):
    """Map chunks of speech to embeddings that are similar for the same speaker only.

    Batches hold `num_chunks_per_class` chunks of each of `num_classes_per_batch` speakers, as in
    upstream's :class:`pyannote.audio.tasks.SupervisedRepresentationLearningWithArcFace`. In
    pyannote.audio 4.0.7, that task crashes on protocols with development trials, and reads trials
    again at each epoch. This task reads the protocol once, into its cache.

    If the protocol has development trials, validation logs their equal error rate
    ("EqualErrorRate") at each epoch, computed on the middle of each recording.

    Parameters
    ----------
    protocol : Protocol
        Speaker verification or diarization protocol.
    cache : str, optional
        Path of the cache. Defaults to a temporary file.
    loss : {"additive_angular_margin", "additive_margin", "softmax", "triplet"}, optional
        Defaults to "additive_angular_margin" (ArcFace).
    margin : float, optional
        Margin, in radians for "additive_angular_margin", in cosine similarity for "additive_margin"
        and "triplet". Defaults to 0.2.
    scale : float, optional
        Factor that "additive_angular_margin" and "additive_margin" multiply cosine similarities by.
        Defaults to 30.
    duration : float, optional
        Duration of chunks, in seconds, at least 0.3. Defaults to 2.
    min_duration : float, optional
        Shortest duration of chunks, in seconds. Each batch has a random duration between
        `min_duration` and `duration`. Shorter turns are skipped. Defaults to `duration`.
    num_classes_per_batch : int, optional
        Number of speakers per batch. Defaults to 32.
    num_chunks_per_class : int, optional
        Number of chunks of each speaker in a batch. Defaults to 1.
    label_min_duration : float, optional
        Speakers with less speech are skipped, in seconds. Defaults to 0.
    per_epoch : float, optional
        Days of audio in one epoch, on all devices together. Defaults to the duration of the
        training set.
    batch_size : int, optional
        Number of chunks per batch. If given, `num_classes_per_batch` is `batch_size` divided by
        `num_chunks_per_class`.
    kwargs : optional
        See :class:`pyannote.audio.core.task.Task`.

    Raises
    ------
    ValueError
        If the loss or one of its options does not exist, or a value is out of range. While
        preparing data, if fewer than two speakers are left.

    References
    ----------
    Deng et al., "ArcFace: additive angular margin loss for deep face recognition", CVPR 2019.
    Wang et al., "CosFace: large margin cosine loss for deep face recognition", CVPR 2018.
    Coria et al., "A comparison of metric learning loss functions for end-to-end speaker
    verification", SLSP 2020.
    """

    # upstream adds attributes to models and protocols at run time
    model: Any
    protocol: Any

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
        **kwargs: Any,
    ) -> None:
        self.loss = loss
        self.loss_options = {
            name: value
            for name, value in (("margin", margin), ("scale", scale))
            if value is not None
        }
        check_loss(loss, self.loss_options)
        shortest = duration if min_duration is None else min_duration
        min_count = 2 if loss == "triplet" else 1
        check_size("num_chunks_per_class", num_chunks_per_class)
        check_size("num_classes_per_batch", num_classes_per_batch)
        for name, value, least, most in (
            ("duration", duration, MIN_DURATION, math.inf),
            ("min_duration", shortest, MIN_DURATION, math.inf),
            ("num_chunks_per_class", num_chunks_per_class, min_count, math.inf),
            ("num_classes_per_batch", num_classes_per_batch, min_count, math.inf),
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
            if rest or num_classes_per_batch < min_count:
                raise ValueError(
                    f"a batch of {batch_size} cannot hold {num_chunks_per_class} chunks of each of "
                    f"{min_count} speakers or more"
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

    def prepare_data(self) -> None:
        """Read the protocol into the cache, unless the cache exists.

        Raises
        ------
        ValueError
            If fewer than two speakers are left, or if development trials are all of the same
            speaker or all of two speakers.
        """
        if self.cache and self.cache.exists() and self.cache.stat().st_size > 0:
            return
        every_turn = list(speech_turns(self.protocol.train()))
        shortest = self.min_duration - TOLERANCE
        turns = [turn for turn in every_turn if turn.end - turn.start >= shortest]
        speech: dict[str, float] = defaultdict(float)
        for turn in turns:
            speech[turn.speaker] += turn.end - turn.start
        least = self.label_min_duration - TOLERANCE
        kept = {speaker for speaker, duration in speech.items() if duration >= least}
        if len(kept) < 2:
            raise ValueError(
                f"{self.protocol.name}: training needs at least two speakers, and the train subset "
                f"has {len(kept)} with turns of {self.min_duration:g} s and, in all, "
                f"{self.label_min_duration:g} s of speech; use shorter durations in the task"
            )
        speakers = {turn.speaker for turn in every_turn}
        if len(kept) < len(speakers):
            logger.warning(
                "%s: %d of %d speakers are skipped: no turn of %g s, or less than %g s in all",
                self.protocol.name,
                len(speakers) - len(kept),
                len(speakers),
                self.min_duration,
                self.label_min_duration,
            )
        prepared = {
            "protocol": self.protocol.name,
            **cached_options(**self._selection()),
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

    def prepare_validation(self, prepared: dict[str, Any]) -> None:
        """Add development trials and their recordings to the prepared data.

        Parameters
        ----------
        prepared : dict
            Gets "trials", a (trial, 3) array of the reference and the indices of both recordings,
            and "trial-recordings", with the middle of the part of each recording to compare.
        """
        indices: dict[tuple[str, int | None, float], int] = {}
        trials = []
        for trial in self.protocol.development_trial():
            sides = []
            for file in (trial["file1"], trial["file2"]):
                part = file["try_with"].extent()
                recording = (str(file["audio"]), file.get("channel"), part.middle)
                sides.append(indices.setdefault(recording, len(indices)))
            trials.append((trial["reference"], *sides))
        prepared["trials"] = np.array(trials)
        # fail now rather than after an epoch if errors are undefined
        tradeoff(prepared["trials"][:, 0], np.zeros(len(trials)))
        prepared["trial-recordings"] = np.array(
            list(indices), dtype=[("audio", object), ("channel", object), ("middle", "f8")]
        )

    def _selection(self) -> dict[str, Any]:
        """Return the options that the list of turns depends on."""
        return {"min_duration": self.min_duration, "label_min_duration": self.label_min_duration}

    def setup(self, stage: str | None = None) -> None:
        """Read the cache.

        Raises
        ------
        ValueError
            If it was made with other durations.
        """
        # upstream's mixin does not read the cache
        Task.setup(self, stage)
        check_cache(self.cache, self.prepared_data, **self._selection())
        self._turns: dict[str, list[Turn]] = {}
        for turn in self.prepared_data["turns"]:
            self._turns.setdefault(turn["speaker"], []).append(Turn(*turn.item()))
        self._speakers = sorted(self._turns)
        self._speech = {
            speaker: list(accumulate(turn.end - turn.start for turn in turns))
            for speaker, turns in self._turns.items()
        }
        self.specifications = Specifications(
            problem=Problem.REPRESENTATION,
            resolution=Resolution.CHUNK,
            duration=self.duration,
            min_duration=self.min_duration,
            classes=self._speakers,
        )

    def setup_loss_func(self) -> None:
        """Add the loss, which may have weights, to the model."""
        self.model.loss_func = LOSSES[self.loss](
            len(self._speakers), self.model.dimension, **self.loss_options
        )

    def train__len__(self) -> int:
        """Return the number of chunks that this process draws in an epoch."""
        if self.per_epoch is None:
            seconds = sum(speech[-1] for speech in self._speech.values())
        else:
            seconds = self.per_epoch * SECONDS_PER_DAY
        return chunks_per_process(
            self, math.ceil(2 * seconds / (self.min_duration + self.duration))
        )

    def train__iter__(self) -> Iterator[dict[str, Any]]:
        """Iterate over random chunks. All chunks of a batch have the same length.

        In upstream's mixin, lengths within a batch may differ by a sample if durations are random
        and a turn is short.

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
                speaker = self._speakers[index]
                turns = rng.choices(
                    self._turns[speaker],
                    cum_weights=self._speech[speaker],
                    k=self.num_chunks_per_class,
                )
                for turn in turns:
                    yield {"X": self._chunk(turn, duration, rng), "y": index}

    def _shuffled(self, rng: Random) -> Iterator[int]:
        """Iterate over the indices of speakers, endlessly, in a new random order each time."""
        order = list(range(len(self._speakers)))
        while True:
            rng.shuffle(order)
            yield from order

    def _chunk(self, turn: Turn, duration: float, rng: Random) -> Tensor:
        """Return a random part of a turn, or the whole turn at a random position in silence."""
        start = rng.uniform(turn.start, max(turn.start, turn.end - duration))
        chunk = Segment(start, min(start + duration, turn.end))
        waveform, sample_rate = self.model.audio.crop(turn.file(), chunk, mode="pad")
        missing = self.model.audio.get_num_samples(duration, sample_rate) - waveform.shape[1]
        before = rng.randint(0, max(0, missing))
        # negative padding removes the sample that rounding adds
        return F.pad(waveform, (before, missing - before))

    def default_metric(self) -> Metric | Sequence[Metric] | dict[str, Metric]:
        """Return the equal error rate of development trials, if there are any."""
        if not self.has_validation:
            return []
        return {"EqualErrorRate": TrialEqualErrorRate(self.prepared_data["trials"])}

    def val__len__(self) -> int:
        """Return the number of recordings in development trials."""
        return len(self.prepared_data["trial-recordings"])

    def val__getitem__(self, index: int) -> dict[str, Any]:
        """Return the middle of a recording and its index."""
        audio, channel, middle = self.prepared_data["trial-recordings"][index].item()
        chunk = Segment(middle - 0.5 * self.duration, middle + 0.5 * self.duration)
        waveform, _ = self.model.audio.crop(audio_file(audio, channel), chunk, mode="pad")
        return {"X": waveform, "index": index}

    def validation_step(self, batch: dict[str, Tensor], batch_idx: int) -> None:
        """Update and log validation metrics."""
        self.model.validation_metric.update(self.model(batch["X"]), batch["index"])
        self.model.log_dict(
            self.model.validation_metric, on_step=False, on_epoch=True, prog_bar=True, logger=True
        )
