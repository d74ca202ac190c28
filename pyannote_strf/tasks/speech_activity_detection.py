"""Upstream's voice activity detection task, with what it lacks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch.nn.functional as F
from lightning.pytorch.loggers import TensorBoardLogger
from pyannote.audio.tasks import VoiceActivityDetection
from pyannote.database import Protocol, ProtocolFile
from torch import Tensor
from torchmetrics.classification import BinaryAUROC

import pyannote_strf.compat.chunk_seeds  # noqa: F401
from pyannote_strf.analysis.pictures.chunks import chunks_figure
from pyannote_strf.checks import check_number
from pyannote_strf.compat.balance import Balance
from pyannote_strf.compat.channels import Channels
from pyannote_strf.compat.optional_validation import OptionalValidation
from pyannote_strf.tasks.processes import filled_up, share

SECONDS_PER_DAY = 24 * 3600

# shortest chunk that every front-end takes, in seconds
MIN_DURATION = 0.3

# target of frames that are not validated: upstream's targets are unsigned bytes
NOT_VALIDATED = 255

# shortest pause that annotation is taken to mean, rather than a rounded end, in seconds
PAUSE = 0.1

# what the area under the ROC curve is computed on: one frame out of so many, as upstream
EVERY = 10

MAX_DRAWN = 9


class SpeechActivityDetection(OptionalValidation, Balance, Channels, VoiceActivityDetection):
    """Upstream's :class:`pyannote.audio.tasks.VoiceActivityDetection`, under its 1.1 name.

    Validation logs the loss ("loss/val"), the area under the ROC curve ("BinaryAUROC"), and, every now
    and then, a picture of some chunks.

    Parameters
    ----------
    protocol : Protocol
        pyannote.database protocol.
    duration : float, optional
        Of chunks, in seconds: 0.3 at least. Defaults to 2.
    warm_up : float or (float, float), optional
        Seconds of the left and right end of chunks that are not learned from. Defaults to 0.
    per_epoch : float, optional
        Days of audio in one epoch, on all devices together. Defaults to the duration of the training
        set.
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

    def train__len__(self) -> int:
        if self.per_epoch is None:
            return share(self, super().train__len__())
        return share(self, math.ceil(self.per_epoch * SECONDS_PER_DAY / self.duration))

    def default_metric(self) -> BinaryAUROC:
        return BinaryAUROC(ignore_index=NOT_VALIDATED, compute_on_cpu=True)

    def val__len__(self) -> int:
        return filled_up(self, super().val__len__())

    def val__getitem__(self, index: int) -> dict[str, Any]:
        if index < super().val__len__():
            return super().val__getitem__(index)
        chunk = super().val__getitem__(0)
        chunk["y"].data[:] = NOT_VALIDATED
        return chunk

    def validation_step(self, batch: dict[str, Any], batch_idx: int) -> None:
        scores = self.model(batch["X"])[:, :, 0]
        target = batch["y"].reshape(scores.shape)
        start, end = (round(end / self.duration * scores.shape[1]) for end in self.warm_up)
        learned = slice(start, scores.shape[1] - end)
        self._log_validation(scores[:, learned], target[:, learned])
        # at epochs 1, 2, 4, 8, and so on
        epoch = self.model.current_epoch + 1
        if batch_idx == 0 and epoch.bit_count() == 1:
            self._draw(scores, target)

    def _log_validation(self, scores: Tensor, target: Tensor) -> None:
        metric = self.model.validation_metric
        metric.update(scores[:, ::EVERY].reshape(-1), target[:, ::EVERY].reshape(-1))
        self.model.log_dict(metric, on_step=False, on_epoch=True, prog_bar=True, logger=True)
        validated = target != NOT_VALIDATED
        num_validated = int(validated.sum())
        if num_validated:
            loss = F.binary_cross_entropy(scores[validated], target[validated].to(scores))
        else:
            loss = scores.new_zeros(())
        self.model.log("loss/val", loss, on_step=False, on_epoch=True, batch_size=num_validated)

    def _draw(self, scores: Tensor, target: Tensor) -> None:
        """Draw the first chunks for TensorBoard, the logger of this package."""
        if isinstance(self.model.logger, TensorBoardLogger):
            drawn = (values[:MAX_DRAWN].float().cpu().numpy() for values in (scores, target))
            figure = chunks_figure(*map(np.asarray, drawn), self.duration)
            self.model.logger.experiment.add_figure("samples", figure, self.model.current_epoch)


def _has_pause(file: ProtocolFile) -> bool:
    speech = file["annotation"].get_timeline()
    return any(gap.duration > PAUSE for gap in speech.gaps(file["annotated"]))
