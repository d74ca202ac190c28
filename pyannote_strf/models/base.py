"""What all models have in common."""

from __future__ import annotations

from typing import ClassVar

from pyannote.audio import Model
from pyannote.audio.core.task import Problem, Resolution, Task

from pyannote_strf.audio import mono_reader
from pyannote_strf.backends.base import Backend
from pyannote_strf.models.frontend import build_frontend, frontend_options


class FrontendModel(Model):
    """Front-end, back-end, head.

    Subclasses add `backend`, and a head in :meth:`build` or before.

    Parameters
    ----------
    frontend : str or dict, optional
        Name of a front-end, or its `name` and options. Defaults to "strf".
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    num_channels : int, optional
        Mono (1) only.
    task : Task, optional
        Task addressed by the model.

    Attributes
    ----------
    problems : tuple of Problem
        Problems that the model serves.
    resolution : Resolution
        Resolution of what it returns.

    Raises
    ------
    ValueError
        If the front-end, or an option of it, does not exist.
    """

    problems: ClassVar[tuple[Problem, ...]]
    resolution: ClassVar[Resolution]
    backend: Backend

    def __init__(
        self,
        frontend: str | dict | None = None,
        sample_rate: int = 16000,
        num_channels: int = 1,
        task: Task | None = None,
    ):
        super().__init__(sample_rate=sample_rate, num_channels=num_channels, task=task)
        options = frontend_options(frontend)
        self.save_hyperparameters({"frontend": options})
        self.audio = mono_reader(sample_rate)
        self.frontend = build_frontend(options, sample_rate)

    def build(self) -> None:
        """Add layers that depend on the task.

        Raises
        ------
        NotImplementedError
            If the model cannot serve the task.
        """
        specifications = self.specifications
        if isinstance(specifications, tuple):
            asked = "several tasks at once"
        else:
            asked = _described(specifications.problem, specifications.resolution)
        valid = [_described(problem, self.resolution) for problem in self.problems]
        if asked not in valid:
            raise NotImplementedError(
                f"{type(self).__name__}: {asked} is not supported, valid options: {', '.join(valid)}"
            )

    def num_frames(self, num_samples: int) -> int:
        """Number of frames of a waveform of that many samples."""
        return self.backend.num_frames(self.frontend.num_frames(num_samples))

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Number of samples seen by that many frames."""
        return self.frontend.receptive_field_size(self.backend.receptive_field_size(num_frames))

    def receptive_field_center(self, frame: int = 0) -> int:
        """Sample on which a frame is centred."""
        return self.frontend.receptive_field_center(self.backend.receptive_field_center(frame))


def _described(problem: Problem, resolution: Resolution) -> str:
    """
    >>> _described(Problem.BINARY_CLASSIFICATION, Resolution.FRAME)
    'binary classification of frames'
    """
    return f"{problem.name.lower().replace('_', ' ')} of {resolution.name.lower()}s"
