"""Base class of models that classify clips."""

from __future__ import annotations

from typing import cast

from pyannote.audio.core.task import Problem, Resolution, Specifications
from torch import Tensor, nn

from pyannote_strf.models.base import FrontendModel


class ClipClassifier(FrontendModel):
    """Model that classifies clips: front-end, back-end of chunks, classifier.

    Its task is a classification of chunks with a single label or several labels. Clips of different
    lengths form a batch if they are padded with zeros at their end, and `num_samples` gives their
    lengths. The scores of a clip do not depend on its padding.

    Subclasses add the attribute `backend`, whose `forward` takes an image and the number of frames
    of each clip. See :class:`~pyannote_strf.models.base.FrontendModel` for parameters.
    """

    problems = (Problem.MONO_LABEL_CLASSIFICATION, Problem.MULTI_LABEL_CLASSIFICATION)
    resolution = Resolution.CHUNK
    needs_frames = False
    specifications: Specifications

    @property
    def dimension(self) -> int:
        """Number of classes in the output."""
        return len(cast(list[str], self.specifications.classes))

    def build(self) -> None:
        """Add the classifier.

        Raises
        ------
        NotImplementedError
            If the task is not classification of chunks.
        """
        super().build()
        self.classifier = nn.Linear(self.backend.num_features, self.dimension)
        nn.init.xavier_uniform_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)
        self.activation = cast(nn.Module, self.default_activation())

    def images(
        self, waveforms: Tensor, num_samples: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Return the images of clips.

        The front-end reads clips of the same length together, and no padding.

        Parameters
        ----------
        waveforms : (batch, 1, sample) Tensor
        num_samples : (batch,) Tensor, optional
            Number of samples of each clip. Defaults to all samples.

        Returns
        -------
        image : (batch, channel, band, frame) Tensor
            Zero after the last frame of each clip.
        num_frames : (batch,) Tensor or None
            Number of frames of each clip. None if all clips have the same length.
        """
        if num_samples is None or bool((num_samples == waveforms.shape[-1]).all()):
            return self.frontend(waveforms), None
        lengths = num_samples.clamp(self.frontend.min_num_samples, waveforms.shape[-1])
        num_frames = lengths.clone()
        size = self.frontend.num_frames(waveforms.shape[-1])
        image = waveforms.new_zeros(
            len(waveforms), self.frontend.num_channels, self.frontend.num_bands, size
        )
        for length in lengths.unique().tolist():
            rows = lengths == length
            part = self.frontend(waveforms[rows, :, :length])
            num_frames[rows] = part.shape[-1]
            part = nn.functional.pad(part, (0, size - part.shape[-1]))
            image = image.index_put((rows,), part.to(image))
        return image, num_frames

    def classify(self, image: Tensor, num_frames: Tensor | None = None) -> Tensor:
        """Return the (batch, class) scores of images, see :meth:`images`."""
        return self.activation(self.classifier(self.backend(image, num_frames)))

    def embed(self, waveforms: Tensor, num_samples: Tensor | None = None) -> Tensor:
        """Return embeddings of clips: the input of the classifier.

        Parameters
        ----------
        waveforms, num_samples
            See :meth:`images`.

        Returns
        -------
        embeddings : (batch, feature) Tensor
        """
        return self.backend(*self.images(waveforms, num_samples))

    def forward(  # type: ignore[override]
        self, waveforms: Tensor, num_samples: Tensor | None = None
    ) -> Tensor:
        """Return the scores of all classes for each clip.

        Parameters
        ----------
        waveforms, num_samples
            See :meth:`images`.

        Returns
        -------
        scores : (batch, class) Tensor
            Log-probabilities if clips have a single label, otherwise the probability of each class.
        """
        return self.classify(*self.images(waveforms, num_samples))
