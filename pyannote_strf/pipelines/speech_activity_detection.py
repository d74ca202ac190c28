"""Speech activity detection pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyannote.audio.core.io import AudioFile
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.pipelines import VoiceActivityDetection
from pyannote.audio.pipelines.utils import PipelineModel
from pyannote.core import Annotation, Segment, SlidingWindowFeature
from pyannote.pipeline.parameter import Uniform
from torch import nn

from pyannote_strf.audio import name_of
from pyannote_strf.compat.single_frame import Binarize
from pyannote_strf.models.checkpoint import get_model, name_of_model
from pyannote_strf.pipelines.finite import NOT_FINITE, Finite, NotFiniteError

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

MAX_PAD = 0.2


class SpeechActivityDetection(VoiceActivityDetection):
    """Upstream's voice activity detection pipeline, plus padding of speech regions.

    Parameters
    ----------
    segmentation : Model, str or dict
        Model that detects speech, or segments speakers; or path to its checkpoint: see
        :func:`pyannote_strf.models.checkpoint.get_model`.
    fscore : bool, optional
        Optimise detection F-score. Defaults to optimising the detection error rate.
    token, cache_dir : optional
        For a model of the Hugging Face hub.
    kwargs : optional
        See :class:`pyannote.audio.pipelines.VoiceActivityDetection`.

    Hyper-parameters
    ----------------
    onset, offset : float
        Thresholds of hysteresis: speech begins above `onset`, and ends below `offset`. Tuning keeps
        `offset` at `onset` or below. Between an onset and a higher offset, speech would begin and end
        with every frame.
    min_duration_on, min_duration_off : float
        Remove speech regions, and fill gaps, shorter than that many seconds.
    pad_onset, pad_offset : float
        Move both ends of speech regions outwards by that many seconds (inwards when negative).

    Raises
    ------
    ValueError
        If the model is of another kind; or, when it is applied, if scores of a file are NaN or infinite.
    """

    def __init__(
        self,
        segmentation: PipelineModel,
        fscore: bool = False,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        **kwargs,
    ):
        model = get_model(segmentation, token, cache_dir)
        if not (detects_speech(model.specifications) or segments_speakers(model.specifications)):
            raise ValueError(
                f"{name_of_model(segmentation)}: not a model for speech activity detection; use one "
                "that detects speech, or segments speakers"
            )
        super().__init__(segmentation=model, fscore=fscore, **kwargs)
        # upstream takes NaN for silence
        self._segmentation.conversion = nn.Sequential(Finite(), self._segmentation.conversion)
        self.segmentation = segmentation
        self.pad_onset = Uniform(-MAX_PAD, MAX_PAD)
        self.pad_offset = Uniform(-MAX_PAD, MAX_PAD)

    def default_parameters(self) -> dict[str, float]:
        parameters = {
            "onset": 0.5,
            "offset": 0.5,
            "min_duration_on": 0.0,
            "min_duration_off": 0.0,
            "pad_onset": 0.0,
            "pad_offset": 0.0,
        }
        return {name: parameters[name] for name in self.parameters()}

    def parameters(self, trial: BaseTrial | None = None, **options: Any) -> dict[str, Any]:
        """Hyper-parameters, or their values in a trial of tuning."""
        found = super().parameters(trial, **options)
        if trial is not None and "offset" in found:
            found["offset"] = min(found["onset"], found["offset"])
        return found

    CACHED_DURATION = "cache/duration"

    def initialize(self):
        self._binarize = Binarize(
            onset=self.onset,
            offset=self.offset,
            min_duration_on=self.min_duration_on,
            min_duration_off=self.min_duration_off,
            pad_onset=self.pad_onset,
            pad_offset=self.pad_offset,
        )

    def apply(self, file: AudioFile, hook: Callable | None = None) -> Annotation:
        """Detect speech regions.

        Parameters
        ----------
        file : AudioFile
        hook : callable, optional
            See upstream.

        Returns
        -------
        speech : Annotation
            Never reaches beyond the file.
        """
        try:
            speech = super().apply(file, hook=hook)
        except NotFiniteError:
            raise ValueError(f"{name_of(file)}: its scores are {NOT_FINITE}") from None
        return speech.crop(Segment(0.0, self._duration(file)))

    def with_scores(self, file: AudioFile) -> tuple[Annotation, SlidingWindowFeature]:
        """Detect speech regions, and keep the scores that they come from.

        Returns
        -------
        speech : Annotation
        scores : SlidingWindowFeature
            (frame, 1), between 0 and 1.
        """
        kept: list[SlidingWindowFeature] = []

        def keep(step_name, artifact, **_):
            if artifact is not None:
                kept.append(artifact)

        speech = self(file, hook=keep)
        return speech, kept[-1]

    def _duration(self, file: AudioFile) -> float:
        if not self.training:
            return self._segmentation.model.audio.get_duration(file)
        if self.CACHED_DURATION not in file:
            file[self.CACHED_DURATION] = self._segmentation.model.audio.get_duration(file)
        return file[self.CACHED_DURATION]


def detects_speech(specifications: Specifications | tuple[Specifications, ...]) -> bool:
    """Whether the score of each frame is that of speech.

    >>> binary = Problem.BINARY_CLASSIFICATION
    >>> detects_speech(Specifications(binary, Resolution.FRAME, 2.0, classes=["speech"]))
    True
    >>> detects_speech(Specifications(binary, Resolution.FRAME, 2.0, classes=["overlap"]))
    False
    """
    return (
        not isinstance(specifications, tuple)
        and specifications.resolution == Resolution.FRAME
        and specifications.problem == Problem.BINARY_CLASSIFICATION
        and [name.lower() for name in specifications.classes or ()] == ["speech"]
    )


def segments_speakers(specifications: Specifications | tuple[Specifications, ...]) -> bool:
    """Whether the largest score of each frame says that somebody speaks."""
    return (
        not isinstance(specifications, tuple)
        and specifications.resolution == Resolution.FRAME
        and (
            specifications.problem == Problem.MULTI_LABEL_CLASSIFICATION
            or (
                specifications.problem == Problem.MONO_LABEL_CLASSIFICATION
                and specifications.powerset
            )
        )
    )
