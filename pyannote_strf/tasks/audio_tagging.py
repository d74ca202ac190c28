"""Audio tagging task."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import mkstemp
from typing import Any

import numpy as np
import torch
from pyannote.audio import Model
from pyannote.audio.core.task import Problem, Resolution, Task
from pyannote.database import Protocol
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.data import get_worker_info
from torch_audiomentations.core.transforms_interface import BaseWaveformTransform
from torchmetrics import Metric

from pyannote_strf.checks import check_choice, check_mapping, check_number, check_size
from pyannote_strf.compat.chunk_seeds import create_rng_for_worker
from pyannote_strf.compat.clip_protocols import without_regions
from pyannote_strf.compat.data_workers import SEED
from pyannote_strf.compat.optional_validation import OptionalValidation
from pyannote_strf.files import atomic_write
from pyannote_strf.layers.defaults import with_defaults
from pyannote_strf.models.clip_windows import (
    MIN_DURATION,
    SHORT_CLIPS,
    WINDOWS,
    ClipSpecifications,
    read_window,
)
from pyannote_strf.models.clips import ClipClassifier
from pyannote_strf.tags import UNKNOWN
from pyannote_strf.tasks.cache import cached_options, check_cache
from pyannote_strf.tasks.clip_augmentation import SPEC_AUGMENT_DEFAULTS, mask_image, mixup
from pyannote_strf.tasks.clip_losses import BALANCED, clip_loss, weights_of_classes
from pyannote_strf.tasks.clip_metrics import clip_metrics
from pyannote_strf.tasks.clip_sampling import balanced, shuffled
from pyannote_strf.tasks.clip_windows import listed_windows, window_of
from pyannote_strf.tasks.labelled_clips import labelled_clips
from pyannote_strf.tasks.processes import chunks_per_process, num_processes, padded_num_items
from pyannote_strf.tasks.speech_turns import audio_file


class AudioTagging(OptionalValidation, Task):
    """Classify clips: one label per clip, or several.

    The files of the protocol have labels under the key "tags", see :mod:`pyannote_strf.tags`, which
    decide whether clips have a single label. The loss is the mean over known labels, and metrics
    skip unknown ones. The task does not read `annotated`.

    In an epoch, training draws each clip once. It takes a random part of clips that are longer than
    `duration`; validation takes their middle. No audio is opened before training starts. With
    `windows="all"`, training and validation read all windows of all clips. Validation logs the loss
    ("loss/val"), and "Accuracy" and "BalancedAccuracy" for single labels, otherwise
    "MeanAveragePrecision" and "ROCAUC".

    Parameters
    ----------
    protocol : Protocol
        Protocol whose files have labels.
    cache : str, optional
        Path of the cache. Defaults to a temporary file.
    duration : float, optional
        Duration of clips in a batch, in seconds. Defaults to 5.
    short_clips : {"repeat", "pad", "pad_left"}, optional
        Whether to repeat shorter clips (default), to pad their end with zeros, which models skip
        (see :class:`~pyannote_strf.models.clips.ClipClassifier`), or to pad their start with zeros,
        which models read.
    windows : {"random", "all"}, optional
        Whether to train on a random window of longer clips (default), or on all of them: they have
        the labels of the clip, overlap by half, and the last ones, shorter, are short clips. See
        :func:`~pyannote_strf.models.clip_windows.window_starts`.
    mixup : float, optional
        Parameter alpha of mixup, which mixes the images of two clips and their labels. Defaults to
        0: no mixup.
    spec_augment : dict, optional
        Masks over the images of clips: `num_masks` along each axis, which defaults to 2, and their
        largest width in `bands` and `frames`, as proportions of the image, which default to 0.125
        and 0.064. Without it (default), there are no masks.
    balance : bool, optional
        Whether to draw all classes equally often, instead of each clip once. Defaults to False.
    class_weights : "balanced" or dict of str to float, optional
        Weights of classes in the loss. "balanced" weights a class by the inverse of its number of
        clips. Classes that are not in the dictionary have weight 1, as by default.
    label_smoothing : float, optional
        Proportion of targets that is replaced by a uniform distribution over classes or, with
        several labels, by one half. Defaults to 0.
    batch_size, num_workers, pin_memory, augmentation, metric : optional
        See :class:`pyannote.audio.core.task.Task`.

    Raises
    ------
    ValueError
        If an option does not exist or is out of range, or a subset has no clips. While preparing
        data, if a clip has no label or no audio; if a clip or a group of clips is in two subsets;
        if labels are of two kinds, or not in the train subset; or if a class has no clip, or there
        is only one class.
    """

    # upstream adds attributes to models and protocols at run time
    model: Any
    protocol: Any

    def __init__(
        self,
        protocol: Protocol,
        cache: str | None = None,
        duration: float = 5.0,
        short_clips: str = "repeat",
        windows: str = "random",
        mixup: float = 0.0,
        spec_augment: dict | None = None,
        balance: bool = False,
        class_weights: str | dict[str, float] | None = None,
        label_smoothing: float = 0.0,
        batch_size: int = 32,
        num_workers: int | None = None,
        pin_memory: bool = False,
        augmentation: BaseWaveformTransform | None = None,
        metric: Metric | Sequence[Metric] | dict[str, Metric] | None = None,
    ) -> None:
        check_number("duration", duration, least=MIN_DURATION)
        check_size("batch_size", batch_size)
        check_choice("short_clips", short_clips, SHORT_CLIPS)
        check_choice("windows", windows, WINDOWS)
        check_number("mixup", mixup, least=0, most=100)
        check_number("label_smoothing", label_smoothing, least=0, most=1)
        self.short_clips = short_clips
        self.windows = windows
        self.mixup = mixup
        self.spec_augment = None
        if spec_augment is not None:
            self.spec_augment = with_defaults("spec_augment", spec_augment, SPEC_AUGMENT_DEFAULTS)
            for name, most in (("num_masks", 100), ("bands", 1), ("frames", 1)):
                check_number(f"spec_augment: {name}", self.spec_augment[name], 0, most)
        if isinstance(class_weights, str):
            check_choice("class_weights", class_weights, (BALANCED,))
        elif class_weights is not None:
            check_mapping("class_weights", class_weights)
            for name, weight in class_weights.items():
                check_number(f"class_weights: {name}", weight, least=0)
        self.balance = balance
        self.class_weights = class_weights
        self.label_smoothing = label_smoothing
        with without_regions(protocol):
            super().__init__(
                protocol,
                cache=cache,
                duration=duration,
                batch_size=batch_size,
                num_workers=num_workers,
                pin_memory=pin_memory,
                augmentation=augmentation,
                metric=metric,  # type: ignore[arg-type]
            )

    def prepare_data(self) -> None:
        """Read the labels and paths of clips into the cache, unless the cache exists."""
        if self.cache and self.cache.exists() and self.cache.stat().st_size > 0:
            return
        prepared = labelled_clips(self.protocol, self.has_validation)
        weights_of_classes(
            self.class_weights, prepared["classes"].tolist(), prepared["train-targets"]
        )
        for subset in ("train", "development") if self.has_validation else ("train",):
            paths = prepared[f"{subset}-audio"].tolist()
            for name, values in listed_windows(paths, self.duration, self.windows).items():
                prepared[f"{subset}-{name}"] = values
        if not self.cache:
            self.cache = Path(mkstemp()[1])
        prepared |= {"protocol": self.protocol.name, **cached_options(**self._listing())}
        with atomic_write(self.cache) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **prepared)

    def _listing(self) -> dict[str, Any]:
        """Return the options that the list of windows depends on."""
        if self.windows == "random":
            return {"windows": self.windows}
        return {"windows": self.windows, "duration": self.duration}

    def setup(self, stage: str | None = None) -> None:
        """Read the cache.

        Raises
        ------
        ValueError
            If it was made with other windows.
        """
        super().setup(stage)
        check_cache(self.cache, self.prepared_data, **self._listing())
        classes = self.prepared_data["classes"].tolist()
        self.is_single = bool(self.prepared_data["is-single"])
        self._weights = weights_of_classes(
            self.class_weights, classes, self.prepared_data["train-targets"]
        )
        self.specifications = ClipSpecifications(
            problem=Problem.MONO_LABEL_CLASSIFICATION
            if self.is_single
            else Problem.MULTI_LABEL_CLASSIFICATION,
            resolution=Resolution.CHUNK,
            duration=self.duration,
            classes=classes,
            short_clips=self.short_clips,
            windows=self.windows,
        )

    def setup_loss_func(self) -> None:
        """Check that the model supports the augmentation of images, and padding.

        Raises
        ------
        ValueError
            If it does not.
        """
        if (self.mixup or self.spec_augment) and not isinstance(self.model, ClipClassifier):
            raise ValueError(
                f"mixup and spec_augment need a model with a front-end, such as STRFCNN10; "
                f"{type(self.model).__name__} has none"
            )
        # clips of each length are a batch of their own in a front-end, which reads no padding
        if self.short_clips == "pad" and _normalises_batches(self.model):
            raise ValueError(
                "short_clips: pad is not supported with a front-end that normalises over batches: "
                "choose repeat or pad_left, or another front-end"
            )

    def train__len__(self) -> int:
        """Return the number of windows that this process draws in an epoch."""
        return chunks_per_process(self, len(self.prepared_data["train-clips"]))

    def train__iter__(self) -> Iterator[dict[str, Any]]:
        """Iterate over windows of clips.

        Yields
        ------
        X : (1, sample) Tensor
        y : (class,) Tensor
            1 for labels of the clip, 0 for others, -1 for unknown ones.
        num_samples : int
            Number of samples before the zeros at the end.
        """
        rng = create_rng_for_worker(self.model)
        clips = self.prepared_data["train-clips"]
        if self.balance:
            drawn = balanced(self.prepared_data["train-targets"][clips], rng)
        else:
            worker = get_worker_info()
            number, of = (0, 1) if worker is None else (worker.id, worker.num_workers)
            part = number * num_processes(self) + self.model.global_rank
            parts = of * num_processes(self)
            order = Random(f"{os.environ.get(SEED)} {self.model.current_epoch}")
            drawn = shuffled(len(clips), self.batch_size, order, part, parts)
        for number in drawn:
            yield self._window("train", number, rng)

    def _window(self, subset: str, number: int, rng: Random | None = None) -> dict[str, Any]:
        """Return a window of a clip. Random ones are in the middle without random numbers."""
        index = self.prepared_data[f"{subset}-clips"][number]
        start = float(self.prepared_data[f"{subset}-starts"][number])
        file = audio_file(
            str(self.prepared_data[f"{subset}-audio"][index]),
            self.prepared_data[f"{subset}-channel"][index],
        )
        reader = self.model.audio
        region = window_of(start, self.duration, reader.get_duration(file), rng)
        waveform, num_samples = read_window(reader, file, region, self.duration, self.short_clips)
        targets = torch.from_numpy(self.prepared_data[f"{subset}-targets"][index])
        return {
            "X": waveform,
            "y": targets.float(),
            "num_samples": num_samples,
        }

    def collate_fn(self, batch: list[dict[str, Any]], stage: str = "train") -> dict[str, Tensor]:
        """Return a batch of clips, augmented in training."""
        collated = torch.utils.data.default_collate(batch)
        if stage == "train":
            self.augmentation.train(mode=True)
            collated["X"] = self.augmentation(
                samples=collated["X"], sample_rate=self.model.hparams.sample_rate
            ).samples
        return collated

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> dict[str, Tensor]:
        """Return the loss of a batch."""
        scores, targets = self._augmented(batch)
        loss = clip_loss(
            scores, targets, self.is_single, self._weights_on(scores), self.label_smoothing
        )
        self.model.log("loss/train", loss, on_step=False, on_epoch=True, batch_size=len(scores))
        return {"loss": loss}

    def _augmented(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the scores and the targets of a batch, with augmentation of its images."""
        targets = batch["y"]
        if not (self.mixup or self.spec_augment):
            return self._scores(batch), targets
        image, num_frames = self.model.images(batch["X"], batch["num_samples"])
        if self.spec_augment:
            image = mask_image(image, num_frames, **self.spec_augment)
        if self.mixup:
            image, num_frames, targets = mixup(image, num_frames, targets, self.mixup)
        return self.model.classify(image, num_frames), targets

    def _scores(self, batch: dict[str, Tensor]) -> Tensor:
        if isinstance(self.model, ClipClassifier):
            return self.model(batch["X"], batch["num_samples"])
        return self.model(batch["X"])

    def _weights_on(self, scores: Tensor) -> Tensor | None:
        return None if self._weights is None else self._weights.to(scores.device)

    def default_metric(self) -> Metric | Sequence[Metric] | dict[str, Metric]:
        """Return the metrics that validation logs."""
        return clip_metrics(self.is_single, len(self.prepared_data["classes"]))

    def val__len__(self) -> int:
        """Return the number of development windows, padded to a multiple of the processes."""
        return padded_num_items(self, len(self.prepared_data["development-clips"]))

    def val__getitem__(self, index: int) -> dict[str, Any]:
        """Return a window of a development clip. Labels of padding windows are unknown."""
        if index < len(self.prepared_data["development-clips"]):
            return self._window("development", index)
        window = self._window("development", 0)
        return {**window, "y": torch.full_like(window["y"], UNKNOWN)}

    def validation_step(self, batch: dict[str, Tensor], batch_idx: int) -> None:
        """Update and log validation metrics."""
        scores, targets = self._scores(batch), batch["y"]
        known = targets != UNKNOWN
        # as many clips, or labels, as the mean is over
        count = int(known.all(dim=-1).sum() if self.is_single else known.sum())
        loss = clip_loss(scores, targets, self.is_single, self._weights_on(scores))
        self.model.log("loss/val", loss, on_step=False, on_epoch=True, batch_size=count)
        if self.is_single:
            reference = targets.argmax(dim=-1).where(known.all(dim=-1), UNKNOWN)
        else:
            reference = targets.long()
            if scores.shape[-1] == 1:
                scores, reference = scores[:, 0], reference[:, 0]
        metric = self.model.validation_metric
        metric.update(scores.float(), reference)
        self.model.log_dict(metric, on_step=False, on_epoch=True, prog_bar=True, logger=True)


def _normalises_batches(model: Model) -> bool:
    """Return whether the front-end of a model has batch normalisation."""
    return isinstance(model, ClipClassifier) and any(
        isinstance(module, _BatchNorm) for module in model.frontend.modules()
    )
