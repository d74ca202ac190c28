"""Base class of models that classify frames."""

from __future__ import annotations

from typing import cast

from pyannote.audio.core.task import Problem, Resolution, Specifications
from torch import Tensor, nn

from pyannote_strf.models.base import FrontendModel


class FrameClassifier(FrontendModel):
    """Model made of a front-end, a back-end of resolution "frame" and a linear classifier.

    Subclasses add the attribute `backend` in their constructor.

    Parameters
    ----------
    frontend, sample_rate, num_channels, task
        See :class:`~pyannote_strf.models.base.FrontendModel`.
    """

    problems = (
        Problem.BINARY_CLASSIFICATION,
        Problem.MONO_LABEL_CLASSIFICATION,
        Problem.MULTI_LABEL_CLASSIFICATION,
    )
    resolution = Resolution.FRAME
    specifications: Specifications

    @property
    def dimension(self) -> int:
        """Number of classes in the output."""
        if self.specifications.powerset:
            return self.specifications.num_powerset_classes
        return len(cast(list[str], self.specifications.classes))

    def build(self) -> None:
        """Add the classifier.

        Raises
        ------
        NotImplementedError
            If the task is not classification of frames.
        """
        super().build()
        self.classifier = nn.Linear(self.backend.num_features, self.dimension)
        self.activation = cast(nn.Module, self.default_activation())

    def forward(self, waveforms: Tensor) -> Tensor:  # type: ignore[override]
        """Return the scores of all classes in each frame.

        Parameters
        ----------
        waveforms : (batch, 1, sample) Tensor

        Returns
        -------
        scores : (batch, frame, class) Tensor
        """
        return self.activation(self.classifier(self.backend(self.frontend(waveforms))))
