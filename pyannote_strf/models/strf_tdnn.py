"""X-vector TDNN with any front-end."""

from __future__ import annotations

from pyannote.audio.core.task import Task
from pyannote.audio.models.embedding.xvector import XVectorSincNet

from pyannote_strf.backends.compression import compression_options
from pyannote_strf.backends.tdnn import TDNN
from pyannote_strf.models.embedding import EmbeddingModel


class STRFTDNN(EmbeddingModel):
    """Speaker embedding model: x-vector of pyannote.audio with any front-end.

    Front-end, compression, TDNN, mean and standard deviation over time, linear layer.

    Parameters
    ----------
    frontend : str or dict, optional
        Name of a front-end, or its `name` and options. `name` is "strf" (default), "conv2d", "mel",
        "sincnet" (SincTDNN of pyannote.audio 1.1), or any other name registered in the entry points
        `pyannote_strf.frontends`.
    compression : dict, optional
        See :class:`~pyannote_strf.backends.compression.Compression`.
    dimension : int, optional
        Dimension of embeddings. Defaults to 512.
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    num_channels : int, optional
        Number of audio channels. Only 1 (default) is supported.
    task : Task, optional
        Task to train the model on, a representation of chunks.

    Raises
    ------
    ValueError
        If the front-end or an option does not exist, or a value is not valid.

    References
    ----------
    D. Snyder, D. Garcia-Romero, G. Sell, D. Povey and S. Khudanpur, "X-vectors: robust DNN
    embeddings for speaker recognition", ICASSP 2018.

    Examples
    --------
    >>> import torch
    >>> model = STRFTDNN(frontend="mel").eval()
    >>> model(torch.randn(2, 1, 16000)).shape
    torch.Size([2, 512])
    """

    def __init__(
        self,
        frontend: str | dict | None = None,
        compression: dict | None = None,
        dimension: int = 512,
        sample_rate: int = 16000,
        num_channels: int = 1,
        task: Task | None = None,
    ) -> None:
        super().__init__(frontend, sample_rate=sample_rate, num_channels=num_channels, task=task)
        image = (self.frontend.num_channels, self.frontend.num_bands)
        compression = compression_options(compression, image[0])
        self.save_hyperparameters({"compression": compression})
        self.backend = TDNN(*image, compression, self.frontend.num_kept_channels)
        self.add_head(dimension)

    @classmethod
    def from_xvector(cls, xvector: XVectorSincNet) -> STRFTDNN:
        """Convert an x-vector of pyannote.audio to a model with the front-end "sincnet".

        In the state dict, `sincnet.*` becomes `frontend.sincnet.*`, `tdnns.*` becomes
        `backend.tdnns.*`, and `embedding.*` keeps its name.

        Parameters
        ----------
        xvector : XVectorSincNet

        Returns
        -------
        model : STRFTDNN
            With a copy of the weights.

        Examples
        --------
        >>> STRFTDNN.from_xvector(XVectorSincNet(dimension=256)).dimension
        256
        """
        hparams = xvector.hparams
        model = cls(
            frontend={"name": "sincnet", "stride": hparams["sincnet"]["stride"]},
            dimension=hparams["dimension"],
        )
        prefixes = {"sincnet": "frontend.", "tdnns": "backend."}
        state = xvector.state_dict()
        model.load_state_dict(
            {prefixes.get(k.partition(".")[0], "") + k: v for k, v in state.items()}
        )
        if hasattr(xvector, "_specifications"):
            model.specifications = xvector._specifications
        return model
