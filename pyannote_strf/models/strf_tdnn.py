"""X-vector TDNN with a front-end of one's choice."""

from __future__ import annotations

import torch.nn.functional as F
from pyannote.audio.core.task import Resolution, Task
from pyannote.audio.models.embedding.xvector import XVectorSincNet
from pyannote.audio.utils.receptive_field import multi_conv_receptive_field_size
from torch import Tensor, nn

from pyannote_strf.audio import mono_reader
from pyannote_strf.models.frontend import build_frontend, frontend_options

# of which a standard deviation can be had
MIN_FRAMES = 2


class STRFTDNN(XVectorSincNet):
    """Upstream's x-vector speaker embedding on a learnable front-end.

    front-end > TDNN (contexts [-2, 2], {-2, 0, 2}, {-3, 0, 3}, 1, 1) > mean and standard deviation
    over time > linear

    Parameters
    ----------
    frontend : str or dict, optional
        Name of a front-end, or its `name` and options. `name` is "strf" (default), "conv2d", "mel",
        "sincnet" (which makes 1.1's SincTDNN), or any other name registered in entry points
        `pyannote_strf.frontends`.
    dimension : int, optional
        Of the embedding. Defaults to 512.
    sample_rate : int, optional
        Defaults to 16000 Hz.
    num_channels : int, optional
        Mono (1) only.
    task : Task, optional
        Task addressed by the model.

    Raises
    ------
    ValueError
        If the front-end is unknown, or an option of it.

    References
    ----------
    Snyder et al., "X-vectors: robust DNN embeddings for speaker recognition", ICASSP 2018.

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
        dimension: int = 512,
        sample_rate: int = 16000,
        num_channels: int = 1,
        task: Task | None = None,
    ):
        frontend = frontend_options(frontend, {})
        # pyannote.audio 4.0.7 builds SincNet here, which knows no other rate than its default one:
        # `sample_rate` is left out, and reaches hyper-parameters from this very signature.
        super().__init__(num_channels=num_channels, dimension=dimension, task=task)
        del self.sincnet
        del self.hparams["sincnet"]
        self.save_hyperparameters("frontend", "sample_rate")

        self.audio = mono_reader(sample_rate)
        self.frontend = build_frontend(frontend, sample_rate)
        # upstream's expects the 60 features of SincNet
        self.tdnns[0] = nn.Conv1d(
            self.frontend.num_features,
            self.tdnns[0].out_channels,
            self.kernel_size[0],
            dilation=self.dilation[0],
        )

    def build(self):
        if self.specifications.resolution == Resolution.FRAME:
            raise NotImplementedError("it gives one embedding for all frames")

    @property
    def sincnet(self) -> nn.Module:
        """What upstream's x-vector calls the front-end."""
        return self.frontend

    @property
    def min_frames(self) -> int:
        """Frames that the TDNN needs. Shorter features are continued by their first and last one."""
        return multi_conv_receptive_field_size(
            MIN_FRAMES,
            kernel_size=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
        )

    def num_frames(self, num_samples: int) -> int:
        """Number of frames that statistics are taken of."""
        return max(MIN_FRAMES, super().num_frames(num_samples))

    def forward(self, waveforms: Tensor, weights: Tensor | None = None) -> Tensor:
        """Embed.

        Parameters
        ----------
        waveforms : (batch, channel, sample) Tensor
        weights : (batch, frame) or (batch, speaker, frame) Tensor, optional
            Weights of frames in the statistics, at any frame rate.

        Returns
        -------
        embeddings : (batch, dimension) or (batch, speaker, dimension) Tensor
        """
        features = self.frontend(waveforms)
        missing = max(0, self.min_frames - features.shape[-1])
        before = missing // 2
        outputs = F.pad(features, (before, missing - before), mode="replicate")
        for tdnn in self.tdnns:
            outputs = tdnn(outputs)
        return self.embedding(self.stats_pool(outputs, weights=weights))
