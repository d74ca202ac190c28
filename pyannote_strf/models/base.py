"""Base class of models."""

from __future__ import annotations

from math import ceil
from typing import ClassVar, cast

from pyannote.audio import Model
from pyannote.audio.core.task import Problem, Resolution, Specifications, Task

from pyannote_strf.audio import mono_reader
from pyannote_strf.backends.base import Backend
from pyannote_strf.models.frontend import build_frontend, frontend_options


class FrontendModel(Model):
    """Model made of a front-end, a back-end and a head.

    Subclasses add the attribute `backend` in their constructor. They add the head there too, or in
    :meth:`build` if it depends on the task.

    Parameters
    ----------
    frontend : str or dict, optional
        Name of a front-end, or its `name` and options. Defaults to "strf".
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    num_channels : int, optional
        Number of audio channels. Only 1 (default) is supported.
    task : Task, optional
        Task to train the model on.

    Attributes
    ----------
    problems : tuple of Problem
        Problems that the model supports.
    resolution : Resolution
        Resolution of the output.
    needs_frames : bool
        Whether front-ends that describe chunks are refused. Defaults to True.
    frontend : Frontend
    backend : Backend

    Raises
    ------
    ValueError
        If the front-end, or an option of it, does not exist, or if it describes chunks and the
        model needs frames.
    """

    problems: ClassVar[tuple[Problem, ...]]
    resolution: ClassVar[Resolution]
    needs_frames: ClassVar[bool] = True
    backend: Backend

    def __init__(
        self,
        frontend: str | dict | None = None,
        sample_rate: int = 16000,
        num_channels: int = 1,
        task: Task | None = None,
    ) -> None:
        if num_channels != 1:
            raise ValueError(f"num_channels must be 1: models are mono, got {num_channels!r}")
        super().__init__(sample_rate=sample_rate, num_channels=num_channels, task=task)
        options = frontend_options(frontend)
        self.save_hyperparameters({"frontend": options})
        self.audio = mono_reader(sample_rate)
        self.frontend = build_frontend(options, sample_rate)
        if self.needs_frames and self.frontend.resolution == "chunk":
            raise ValueError(
                f"front-end {options['name']!r} describes chunks, and {type(self).__name__} needs "
                "frames: choose another front-end"
            )

    def build(self) -> None:
        """Check the task, and add the layers that depend on it.

        Raises
        ------
        NotImplementedError
            If the model does not support the task, or its duration is too short for the front-end.
        """
        specifications = self.specifications
        if isinstance(specifications, tuple):
            requested = "several tasks at once"
        else:
            requested = _describe(specifications.problem, specifications.resolution)
        valid = [_describe(problem, self.resolution) for problem in self.problems]
        if requested not in valid:
            raise NotImplementedError(
                f"{type(self).__name__}: {requested} is not supported, valid options: "
                f"{', '.join(valid)}"
            )
        task = cast(Specifications, specifications)
        self._check_duration(task.min_duration or task.duration)

    def _check_duration(self, duration: float) -> None:
        rate, shortest = self.frontend.sample_rate, self.frontend.min_num_samples
        if round(duration * rate) < shortest:
            raise NotImplementedError(
                f"a duration of {duration:g} s is too short for front-end "
                f"{self.hparams['frontend']['name']!r}: at least "
                f"{ceil(100 * shortest / rate) / 100} s are needed"
            )

    def num_frames(self, num_samples: int) -> int:
        """Return the number of output frames of a waveform of `num_samples` samples."""
        return self.backend.num_frames(self.frontend.num_frames(num_samples))

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Return the number of samples in the receptive field of `num_frames` frames."""
        return self.frontend.receptive_field_size(self.backend.receptive_field_size(num_frames))

    def receptive_field_center(self, frame: int = 0) -> int:
        """Return the index of the sample that a frame is centred on."""
        return self.frontend.receptive_field_center(self.backend.receptive_field_center(frame))


def _describe(problem: Problem, resolution: Resolution) -> str:
    """Return a problem and its resolution in words.

    >>> _describe(Problem.BINARY_CLASSIFICATION, Resolution.FRAME)
    'binary classification of frames'
    """
    return f"{problem.name.lower().replace('_', ' ')} of {resolution.name.lower()}s"
