"""DEGramNet: residual network on any front-end."""

from __future__ import annotations

import torch.nn.functional as F
from pyannote.audio.core.task import Task
from torch import Tensor

from pyannote_strf.backends.resnet import STEP, ResNet, ResNetMean
from pyannote_strf.models.clips import ClipClassifier
from pyannote_strf.models.embedding import EmbeddingModel

FRONTEND = "degram"


class DEGramNet(ClipClassifier):
    """Audio tagging model: residual network on any front-end.

    Front-end, residual network, mean over bands and frames, classifier. The published network has
    the front-end "degram", `depth` 152 and `eca` true.

    Parameters
    ----------
    frontend : str or dict, optional
        Name of a front-end, or its `name` and options. `name` is "degram" (default), or any other
        name registered in the entry points `pyannote_strf.frontends`.
    depth : {18, 34, 50, 101, 152}, optional
        Number of layers. Defaults to 18.
    eca : bool, optional
        Whether to use efficient channel attention. Defaults to False. See
        :class:`~pyannote_strf.backends.resnet.ResNet`.
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    num_channels : int, optional
        Number of audio channels. Only 1 (default) is supported.
    task : Task, optional
        Task to train the model on, a classification of chunks.

    Raises
    ------
    ValueError
        If the front-end or an option does not exist, or a value is not valid.

    References
    ----------
    P. Foggia, A. Greco, A. Roberto, A. Saggese and M. Vento, "Degramnet: effective audio analysis
    based on a fully learnable time-frequency representation", Neural Computing and Applications
    2023.

    Examples
    --------
    >>> import torch
    >>> model = DEGramNet().eval()
    >>> model.embed(torch.randn(2, 1, 16000)).shape
    torch.Size([2, 512])
    """

    def __init__(
        self,
        frontend: str | dict | None = None,
        depth: int = 18,
        eca: bool = False,
        sample_rate: int = 16000,
        num_channels: int = 1,
        task: Task | None = None,
    ) -> None:
        frontend = FRONTEND if frontend is None else frontend
        super().__init__(frontend, sample_rate=sample_rate, num_channels=num_channels, task=task)
        self.save_hyperparameters({"depth": depth, "eca": eca})
        self.backend = ResNetMean(
            self.frontend.num_channels, self.frontend.num_bands, depth=depth, eca=eca
        )


class DEGramNetEmbedding(EmbeddingModel):
    """Speaker embedding model: residual network on any front-end.

    Front-end, residual network whose bands have features of their own, mean and standard deviation
    over time, linear layer. Images of fewer than 33 frames are padded by repeating their last
    frame.

    Parameters
    ----------
    frontend, depth, eca, sample_rate, num_channels
        See :class:`DEGramNet`.
    dimension : int, optional
        Dimension of embeddings. Defaults to 512.
    task : Task, optional
        Task to train the model on, a representation of chunks.

    Raises
    ------
    ValueError
        If the front-end or an option does not exist, or a value is not valid.

    Examples
    --------
    >>> import torch
    >>> DEGramNetEmbedding().eval()(torch.randn(2, 1, 16000)).shape
    torch.Size([2, 512])
    """

    def __init__(
        self,
        frontend: str | dict | None = None,
        depth: int = 18,
        eca: bool = False,
        dimension: int = 512,
        sample_rate: int = 16000,
        num_channels: int = 1,
        task: Task | None = None,
    ) -> None:
        frontend = FRONTEND if frontend is None else frontend
        super().__init__(frontend, sample_rate=sample_rate, num_channels=num_channels, task=task)
        self.save_hyperparameters({"depth": depth, "eca": eca})
        image = (self.frontend.num_channels, self.frontend.num_bands)
        self.backend = ResNet(*image, depth=depth, eca=eca, average_bands=False)
        self.add_head(dimension)

    def num_frames(self, num_samples: int) -> int:
        """Return the number of frames of features of a waveform of `num_samples` samples."""
        return max(2, super().num_frames(num_samples))

    def features(self, waveforms: Tensor) -> Tensor:
        """Return the (batch, frame, feature) features of waveforms, of two frames at least."""
        image = self.frontend(waveforms)
        missing = max(0, STEP + 1 - image.shape[-1])
        return self.backend(F.pad(image, (0, missing, 0, 0), mode="replicate"))
