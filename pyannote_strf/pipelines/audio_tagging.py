"""Audio tagging pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import torch
from pyannote.audio import Pipeline
from pyannote.audio.core.io import AudioFile
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.pipelines.utils import PipelineModel
from pyannote.core import Segment
from pyannote.pipeline.parameter import Uniform
from scipy.special import expit, logit, softmax
from torch import Tensor

from pyannote_strf.audio import seekable
from pyannote_strf.checks import check_choice
from pyannote_strf.models.checkpoint import get_model, name_of_model
from pyannote_strf.models.clip_windows import read_window, window_starts
from pyannote_strf.models.clips import ClipClassifier
from pyannote_strf.pipelines.finite import NOT_FINITE
from pyannote_strf.sound_files import name_of

# what to average over windows
POOLS = ("probabilities", "logits")


class Windows(NamedTuple):
    """Scores of the windows of a recording.

    Attributes
    ----------
    regions : (window, 2) array
        Start and end of each window, in seconds.
    scores : (window, class) array
        Probabilities.
    """

    regions: np.ndarray
    scores: np.ndarray


class Tagging(NamedTuple):
    """Labels of a recording.

    Attributes
    ----------
    labels : list of str
        The most probable label or, with several labels, those that reach their thresholds.
    scores : (class,) array
        Probabilities, pooled over windows.
    """

    labels: list[str]
    scores: np.ndarray


class AudioTagging(Pipeline):
    """Score the classes of a recording.

    A recording that is shorter than the clips of training is prepared as in training. A longer one
    is read and scored in windows of this duration, see
    :func:`~pyannote_strf.models.clip_windows.window_starts`. If the model was trained on all
    windows of clips, they start at all multiples of the step. Scores of a recording are the mean
    over windows.

    Parameters
    ----------
    tagging : Model, str or dict
        Trained model or its checkpoint: see :func:`pyannote_strf.models.checkpoint.get_model`.
    step : float, optional
        Step between windows, in seconds. Defaults to half their duration.
    pool : {"probabilities", "logits"}, optional
        What to average over windows: probabilities (default) or logits. For single labels, "logits"
        averages log-probabilities. The mean is converted to probabilities.
    batch_size : int, optional
        Number of windows in a batch. Defaults to 32.
    token : str or bool, optional
        Token for the Hugging Face hub.
    cache_dir : str or Path, optional
        Folder for downloads from the Hugging Face hub.

    Hyper-parameters
    ----------------
    threshold LABEL : float
        Smallest score that counts as this label, for each class. None if clips have a single label.

    Raises
    ------
    ValueError
        If the model does not classify clips, or `pool` does not exist. While applying the pipeline,
        if scores of a recording are NaN or infinite.

    Examples
    --------
    >>> from pyannote_strf import STRFCNN10
    >>> model = STRFCNN10(frontend="mel", width=0.125)
    >>> model.specifications = Specifications(
    ...     Problem.MONO_LABEL_CLASSIFICATION, Resolution.CHUNK, 1.0, classes=["dog", "rain"]
    ... )
    >>> model.setup()
    >>> pipeline = AudioTagging(model)
    >>> labels, scores = pipeline({"waveform": torch.randn(1, 40000), "sample_rate": 16000})
    >>> len(labels), scores.shape
    (1, (2,))
    """

    def __init__(
        self,
        tagging: PipelineModel,
        step: float | None = None,
        pool: str = "probabilities",
        batch_size: int = 32,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
    ) -> None:
        super().__init__()
        check_choice("pool", pool, POOLS)
        self.pool = pool
        self.tagging = tagging
        self._tagging = get_model(tagging, token, cache_dir)
        if not tags_clips(self._tagging.specifications):
            raise ValueError(
                f"{name_of_model(tagging)}: not a model for audio tagging; use one that classifies "
                "clips"
            )
        specifications = cast(Specifications, self._tagging.specifications)
        self.labels = list(specifications.classes or ())
        self.is_single = specifications.problem == Problem.MONO_LABEL_CLASSIFICATION
        self.duration = specifications.duration
        self.step = self.duration / 2 if step is None else step
        self.batch_size = batch_size
        self.short_clips = getattr(specifications, "short_clips", "repeat")
        self.to_end = getattr(specifications, "windows", "random") == "all"
        for label in [] if self.is_single else self.labels:
            setattr(self, threshold_of(label), Uniform(0.0, 1.0))

    def default_parameters(self) -> dict[str, float]:
        """Return the default hyper-parameters."""
        return dict.fromkeys(self.parameters(), 0.5)

    def apply(self, file: AudioFile) -> Tagging:
        """Find the labels of a recording.

        Parameters
        ----------
        file : AudioFile
        """
        return self.decide(self.pooled(next(self.windows([file]))))

    def pooled(self, windows: Windows) -> np.ndarray:
        """Return the (class,) scores of a recording, given its windows."""
        scores = windows.scores
        if self.pool == "probabilities":
            return scores.mean(axis=0)
        # logits of 0 and 1 are infinite
        least, below_one = np.finfo(scores.dtype).tiny, np.nextafter(scores.dtype.type(1), 0)
        if self.is_single:
            return softmax(np.log(scores.clip(least)).mean(axis=0))
        return expit(logit(scores.clip(least, below_one)).mean(axis=0))

    def decide(self, scores: np.ndarray) -> Tagging:
        """Find the labels of a recording or window, given its (class,) scores."""
        if self.is_single:
            return Tagging([self.labels[int(scores.argmax())]], scores)
        found = [
            label
            for label, score in zip(self.labels, scores)
            if score >= getattr(self, threshold_of(label))
        ]
        return Tagging(found, scores)

    def windows(self, files: Iterable[AudioFile]) -> Iterator[Windows]:
        """Score the windows of recordings. A batch may hold windows of several recordings.

        Parameters
        ----------
        files : iterable of AudioFile

        Yields
        ------
        windows : Windows
            Windows of each recording.
        """
        for _, group in groupby(self._scored(files), key=itemgetter(0)):
            _, regions, scores = zip(*group)
            yield Windows(np.array(regions), np.stack(scores))

    def _scored(self, files: Iterable[AudioFile]) -> Iterator[tuple[int, tuple, np.ndarray]]:
        """Yield the index of the recording, the start and end, and the scores of each window."""
        valid = map(self._tagging.audio.validate_file, files)
        windows = (
            (index, name_of(file), *window)
            for index, file in enumerate(valid)
            for window in self.cut(file)
        )
        while batch := list(islice(windows, self.batch_size)):
            indices, names, regions, waveforms, num_samples = zip(*batch)
            with torch.inference_mode():
                scores = self.outputs(torch.stack(waveforms), torch.tensor(num_samples))
                scores = (scores.exp() if self.is_single else scores).float()
            for index, name, region, row in zip(indices, names, regions, scores.cpu().numpy()):
                if not np.isfinite(row).all():
                    raise ValueError(f"{name}: its scores are {NOT_FINITE}")
                yield index, region, row

    def cut(self, file: AudioFile) -> Iterator[tuple[tuple[float, float], Tensor, int]]:
        """Cut a recording into windows.

        Parameters
        ----------
        file : AudioFile

        Yields
        ------
        region : (float, float)
            Start and end, in seconds.
        waveform : (1, sample) Tensor
        num_samples : int
            Number of samples without padding.
        """
        audio = self._tagging.audio
        file = seekable(audio, file)
        duration = audio.get_duration(file)
        for start in window_starts(duration, self.duration, self.step, self.to_end):
            region = Segment(start, min(start + self.duration, duration))
            window = read_window(audio, file, region, self.duration, self.short_clips)
            yield (region.start, region.end), *window

    def outputs(self, waveforms: Tensor, num_samples: Tensor) -> Tensor:
        """Return the (window, class) output of the model.

        Parameters
        ----------
        waveforms : (window, 1, sample) Tensor
        num_samples : (window,) Tensor
            See :meth:`cut`.
        """
        model, device = self._tagging, self._tagging.device
        if isinstance(model, ClipClassifier):
            return model(waveforms.to(device), num_samples.to(device))
        return model(waveforms.to(device))


def threshold_of(label: str) -> str:
    """Return the name of the threshold of a class.

    >>> threshold_of("car horn")
    'threshold car horn'
    """
    return f"threshold {label}"


def tags_clips(specifications: Specifications | tuple[Specifications, ...]) -> bool:
    """Return whether a model with these specifications classifies clips.

    >>> several = Problem.MULTI_LABEL_CLASSIFICATION
    >>> tags_clips(Specifications(several, Resolution.CHUNK, 5.0, classes=["dog", "rain"]))
    True
    """
    return (
        not isinstance(specifications, tuple)
        and specifications.resolution == Resolution.CHUNK
        and specifications.problem
        in (Problem.MONO_LABEL_CLASSIFICATION, Problem.MULTI_LABEL_CLASSIFICATION)
    )
