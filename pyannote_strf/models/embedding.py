"""Base class of models that embed chunks."""

from __future__ import annotations

from pyannote.audio.core.task import Problem, Resolution
from pyannote.audio.models.blocks.pooling import StatsPool
from torch import Tensor, nn

from pyannote_strf.checks import check_size
from pyannote_strf.models.base import FrontendModel


class EmbeddingModel(FrontendModel):
    """Model that embeds chunks: front-end, back-end of frames, statistics over time, linear layer.

    Statistics are the mean and standard deviation of features. The task is a representation of
    chunks. Subclasses add the attribute `backend`, of resolution
    "frame", then call :meth:`add_head`. See :class:`~pyannote_strf.models.base.FrontendModel` for
    parameters.
    """

    problems = (Problem.REPRESENTATION,)
    resolution = Resolution.CHUNK

    def add_head(self, dimension: int) -> None:
        """Add statistics pooling and the linear layer.

        Parameters
        ----------
        dimension : int
            Dimension of embeddings.

        Raises
        ------
        ValueError
            If `dimension` is not a positive integer.
        """
        check_size("dimension", dimension)
        self.save_hyperparameters({"dimension": dimension})
        self.stats_pool = StatsPool()
        self.embedding = nn.Linear(2 * self.backend.num_features, dimension)

    @property
    def dimension(self) -> int:
        """Dimension of embeddings."""
        return self.hparams["dimension"]

    def features(self, waveforms: Tensor) -> Tensor:
        """Return the (batch, frame, feature) features of waveforms, of two frames at least."""
        return self.backend(self.frontend(waveforms))

    def forward(  # type: ignore[override]
        self, waveforms: Tensor, weights: Tensor | None = None
    ) -> Tensor:
        """Return the embedding of each waveform.

        Parameters
        ----------
        waveforms : (batch, 1, sample) Tensor
        weights : (batch, frame) or (batch, speaker, frame) Tensor, optional
            Weights of frames in the mean and standard deviation, at any frame rate. With a speaker
            axis, each speaker gets an embedding.

        Returns
        -------
        embeddings : (batch, dimension) or (batch, speaker, dimension) Tensor
        """
        features = self.features(waveforms).transpose(1, 2)
        return self.embedding(self.stats_pool(features, weights=weights))
