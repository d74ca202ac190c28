"""Speech activity detection task."""

from __future__ import annotations

import math
from typing import Any

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
from pyannote_strf.tasks.processes import chunks_per_process, padded_num_items

SECONDS_PER_DAY = 24 * 3600

# shortest chunk that every front-end takes, in seconds
MIN_DURATION = 0.3

# target of frames that validation ignores: upstream's targets are unsigned bytes
IGNORED_TARGET = 255

# shortest gap between two regions of speech that counts as a pause, in seconds: shorter gaps may
# come from rounded times
MIN_PAUSE = 0.1

# step between frames that the area under the ROC curve is computed on, as upstream
AUROC_FRAME_STEP = 10

MAX_CHUNKS_DRAWN = 9


class SpeechActivityDetection(OptionalValidation, Balance, Channels, VoiceActivityDetection):
    """Classify each frame of a recording as speech or non-speech.

    This is :class:`pyannote.audio.tasks.VoiceActivityDetection` under the name that it had in
    pyannote.audio 1.1. It reads one channel of a recording if the protocol names one, checks the
    training set, and splits epochs between processes.

    Validation logs the loss ("loss/val"), the area under the ROC curve ("BinaryAUROC"), and, at
    epochs 1, 2, 4, 8 and so on, a picture of some chunks.

    Parameters
    ----------
    protocol : Protocol
        Speaker diarization or verification protocol.
    duration : float, optional
        Duration of chunks, in seconds, at least 0.3. Defaults to 2.
    warm_up : float or (float, float), optional
        Duration of the left and right ends of chunks that the loss ignores, in seconds. Defaults
        to 0.
    per_epoch : float, optional
        Days of audio in one epoch, on all devices together. Defaults to the duration of the
        training set.
    kwargs : optional
        See :class:`pyannote.audio.tasks.VoiceActivityDetection`.

    Raises
    ------
    ValueError
        If a value is out of range. While preparing data, if no annotated region is as long as a
        chunk, or if the training set has no speech or no pause.
    """

    # upstream adds attributes to models and protocols at run time
    model: Any
    protocol: Any
    warm_up: tuple[float, float]

    def __init__(
        self,
        protocol: Protocol,
        *,
        duration: float = 2.0,
        warm_up: float | tuple[float, float] = 0.0,
        per_epoch: float | None = None,
        **kwargs: Any,
    ) -> None:
        check_number("duration", duration, least=MIN_DURATION)
        ends = (warm_up, warm_up) if isinstance(warm_up, int | float) else tuple(warm_up)
        for end in ends:
            check_number("warm_up", end, least=0)
        if len(ends) != 2 or sum(ends) >= duration:
            raise ValueError(f"warm_up ({warm_up}) leaves nothing of chunks of {duration:g} s")
        if per_epoch is not None:
            check_number("per_epoch", per_epoch, least=1e-9)
        super().__init__(protocol, duration=duration, warm_up=ends, **kwargs)
        self.per_epoch = per_epoch

    def prepare_data(self) -> None:
        """Check the protocol, then read it into the cache."""
        subsets = ["train", "development"] if self.has_validation else ["train"]
        for subset in subsets:
            files = getattr(self.protocol, subset)()
            if not any(s.duration >= self.duration for file in files for s in file["annotated"]):
                raise ValueError(
                    f"{self.protocol.name}: no annotated region of the {subset} subset lasts "
                    f"{self.duration:g} s, the duration of a chunk; use shorter chunks"
                )
        if not any(file["annotation"] for file in self.protocol.train()):
            raise ValueError(
                f"{self.protocol.name}: no file of the train subset has any annotated speech; "
                "check that names in the annotation match those in the list of files"
            )
        if not any(_has_pause(file) for file in self.protocol.train()):
            raise ValueError(
                f"{self.protocol.name}: files of the train subset are annotated as speech "
                "throughout, without any pause; train on a protocol that annotates pauses"
            )
        super().prepare_data()

    def train__len__(self) -> int:
        """Return the number of chunks that this process draws in an epoch."""
        if self.per_epoch is None:
            return chunks_per_process(self, super().train__len__())
        return chunks_per_process(self, math.ceil(self.per_epoch * SECONDS_PER_DAY / self.duration))

    def default_metric(self) -> BinaryAUROC:
        """Return the area under the ROC curve, which validation logs."""
        return BinaryAUROC(ignore_index=IGNORED_TARGET, compute_on_cpu=True)

    def val__len__(self) -> int:
        """Return the number of validation chunks, padded to a multiple of the processes."""
        return padded_num_items(self, super().val__len__())

    def val__getitem__(self, index: int) -> dict[str, Any]:
        """Return a validation chunk. Validation ignores the target of padding chunks."""
        if index < super().val__len__():
            return super().val__getitem__(index)
        chunk = super().val__getitem__(0)
        chunk["y"].data[:] = IGNORED_TARGET
        return chunk

    def validation_step(self, batch: dict[str, Any], batch_idx: int) -> None:
        """Update and log validation metrics."""
        scores = self.model(batch["X"])[:, :, 0]
        target = batch["y"].reshape(scores.shape)
        num_frames = scores.shape[1]
        start, end = (round(end / self.duration * num_frames) for end in self.warm_up)
        core = slice(start, num_frames - end)
        self._log_validation(scores[:, core], target[:, core])
        # at powers of two
        epoch = self.model.current_epoch + 1
        if batch_idx == 0 and epoch.bit_count() == 1:
            self._draw(scores, target)

    def _log_validation(self, scores: Tensor, target: Tensor) -> None:
        metric = self.model.validation_metric
        sampled = slice(None, None, AUROC_FRAME_STEP)
        metric.update(scores[:, sampled].reshape(-1), target[:, sampled].reshape(-1))
        self.model.log_dict(metric, on_step=False, on_epoch=True, prog_bar=True, logger=True)
        validated = target != IGNORED_TARGET
        num_validated = int(validated.sum())
        if num_validated:
            loss = F.binary_cross_entropy(scores[validated], target[validated].to(scores))
        else:
            loss = scores.new_zeros(())
        self.model.log("loss/val", loss, on_step=False, on_epoch=True, batch_size=num_validated)

    def _draw(self, scores: Tensor, target: Tensor) -> None:
        """Log a picture of the first chunks to TensorBoard."""
        if isinstance(self.model.logger, TensorBoardLogger):
            drawn_scores, drawn_target = (
                values[:MAX_CHUNKS_DRAWN].float().cpu().numpy() for values in (scores, target)
            )
            figure = chunks_figure(drawn_scores, drawn_target, self.duration)
            self.model.logger.experiment.add_figure("samples", figure, self.model.current_epoch)


def _has_pause(file: ProtocolFile) -> bool:
    speech = file["annotation"].get_timeline()
    return any(gap.duration > MIN_PAUSE for gap in speech.gaps(file["annotated"]))
