"""Speech activity detection pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pyannote.audio.core.io import AudioFile
from pyannote.audio.pipelines import VoiceActivityDetection
from pyannote.audio.pipelines.utils import PipelineModel
from pyannote.audio.utils.signal import Binarize
from pyannote.core import Annotation, Segment, SlidingWindowFeature
from pyannote.pipeline.parameter import Uniform

from pyannote_strf.models.checkpoint import get_model

MAX_PAD = 0.2


class SpeechActivityDetection(VoiceActivityDetection):
    """Upstream's voice activity detection pipeline, plus padding of speech regions.

    Parameters
    ----------
    segmentation : Model, str or dict
        Trained model, or path to its checkpoint: see :func:`pyannote_strf.models.checkpoint.get_model`.
    fscore : bool, optional
        Optimise detection F-score. Defaults to optimising the detection error rate.
    token, cache_dir : optional
        For a model of the Hugging Face hub.
    kwargs : optional
        See :class:`pyannote.audio.pipelines.VoiceActivityDetection`.

    Hyper-parameters
    ----------------
    onset, offset : float
        Thresholds of hysteresis.
    min_duration_on, min_duration_off : float
        Remove speech regions, and fill gaps, shorter than that many seconds.
    pad_onset, pad_offset : float
        Move both ends of speech regions outwards by that many seconds (inwards when negative).
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
        super().__init__(segmentation=model, fscore=fscore, **kwargs)
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
        speech = super().apply(file, hook=hook)
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
