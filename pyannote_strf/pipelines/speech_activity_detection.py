"""Speech activity detection pipeline."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyannote.audio.core.io import AudioFile
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.pipelines import VoiceActivityDetection
from pyannote.audio.pipelines.utils import PipelineModel
from pyannote.core import Annotation, Segment, SlidingWindowFeature
from pyannote.pipeline.parameter import Uniform
from torch import nn

from pyannote_strf.compat.single_frame import Binarize
from pyannote_strf.models.checkpoint import get_model, name_of_model
from pyannote_strf.pipelines.finite import NOT_FINITE, Finite, NotFiniteError
from pyannote_strf.sound_files import name_of

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

# in seconds
MAX_PAD = 0.2


class SpeechActivityDetection(VoiceActivityDetection):
    """Detect speech regions of a recording.

    This is the voice activity detection pipeline of pyannote.audio with padding of speech regions.

    Parameters
    ----------
    segmentation : Model, str or dict
        Model that detects speech or segments speakers, or its checkpoint: see
        :func:`pyannote_strf.models.checkpoint.get_model`.
    fscore : bool, optional
        Whether to tune for the detection F-score instead of the detection error rate. Defaults to
        False.
    token : str or bool, optional
        Token for the Hugging Face hub.
    cache_dir : str or Path, optional
        Folder for downloads from the Hugging Face hub.
    kwargs : optional
        See :class:`pyannote.audio.pipelines.VoiceActivityDetection`.

    Hyper-parameters
    ----------------
    onset, offset : float
        Thresholds of hysteresis: speech starts above `onset` and ends below `offset`. Tuning keeps
        `offset` at or below `onset`: between an onset and a higher offset, speech would start and
        end with every frame.
    min_duration_on : float
        Remove speech regions shorter than this, in seconds.
    min_duration_off : float
        Fill gaps shorter than this, in seconds.
    pad_onset, pad_offset : float
        Move the start and the end of speech regions outwards by this much, in seconds. Negative
        values move them inwards.

    Raises
    ------
    ValueError
        If the model neither detects speech nor segments speakers. While applying the pipeline, if
        scores of a file are NaN or infinite.
    """

    CACHED_DURATION = "cache/duration"

    def __init__(
        self,
        segmentation: PipelineModel,
        fscore: bool = False,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        **kwargs: Any,
    ) -> None:
        model = get_model(segmentation, token, cache_dir)
        if not (detects_speech(model.specifications) or segments_speakers(model.specifications)):
            raise ValueError(
                f"{name_of_model(segmentation)}: not a model for speech activity detection; use "
                "one that detects speech or segments speakers"
            )
        super().__init__(segmentation=model, fscore=fscore, **kwargs)
        # upstream treats NaN as silence
        self._segmentation.conversion = nn.Sequential(  # type: ignore[assignment]
            Finite(), self._segmentation.conversion
        )
        self.segmentation = segmentation
        self.pad_onset = Uniform(-MAX_PAD, MAX_PAD)
        self.pad_offset = Uniform(-MAX_PAD, MAX_PAD)

    def default_parameters(self) -> dict[str, float]:
        """Return the default hyper-parameters."""
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
        """Return the hyper-parameters, or their values in a trial of tuning."""
        parameters = super().parameters(trial, **options)
        if trial is not None and "offset" in parameters:
            parameters["offset"] = min(parameters["onset"], parameters["offset"])
        return parameters

    def initialize(self) -> None:
        """Build the binarization of scores from hyper-parameters."""
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
            See :class:`pyannote.audio.pipelines.VoiceActivityDetection`.

        Returns
        -------
        speech : Annotation
            Regions within the file.
        """
        if isinstance(file, MutableMapping):
            # upstream names all files but open ones
            file.setdefault("uri", "stream")
        try:
            speech = super().apply(file, hook=hook)
        except NotFiniteError:
            name = name_of(self._segmentation.model.audio.validate_file(file))
            raise ValueError(f"{name}: its scores are {NOT_FINITE}") from None
        return speech.crop(Segment(0.0, self._duration(file)))

    def with_scores(self, file: AudioFile) -> tuple[Annotation, SlidingWindowFeature]:
        """Detect speech regions, and return the scores that they are computed from.

        Returns
        -------
        speech : Annotation
        scores : SlidingWindowFeature
            (frame, 1), between 0 and 1.
        """
        artifacts: list[SlidingWindowFeature] = []

        def hook(step_name: str, artifact: SlidingWindowFeature | None, **_: Any) -> None:
            if artifact is not None:
                artifacts.append(artifact)

        speech = self(file, hook=hook)
        return speech, artifacts[-1]

    def _duration(self, file: Any) -> float:
        if not self.training:
            return self._segmentation.model.audio.get_duration(file)
        if self.CACHED_DURATION not in file:
            file[self.CACHED_DURATION] = self._segmentation.model.audio.get_duration(file)
        return file[self.CACHED_DURATION]


def detects_speech(specifications: Specifications | tuple[Specifications, ...]) -> bool:
    """Return whether a model with these specifications scores speech in each frame.

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
    """Return whether a model with these specifications scores speakers in each frame.

    The maximum over speakers is then the score of speech.
    """
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
