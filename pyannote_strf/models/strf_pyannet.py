"""PyanNet with a front-end of one's choice."""

from __future__ import annotations

from pyannote.audio.core.task import Problem, Resolution, Task
from pyannote.audio.models.segmentation import PyanNet
from torch import Tensor, nn

from pyannote_strf.backends.compression import compression_options
from pyannote_strf.backends.lstm import LINEAR_DEFAULTS, LSTM, LSTM_DEFAULTS
from pyannote_strf.layers.defaults import with_defaults
from pyannote_strf.models.base import FrontendModel


class STRFPyanNet(FrontendModel):
    """Segmentation: upstream's PyanNet on a learnable front-end.

    front-end > compression > LSTM > feed forward > classifier

    Parameters
    ----------
    frontend : str or dict, optional
        Name of a front-end, or its `name` and options. `name` is "strf" (default), "conv2d", "mel",
        "sincnet", or any other name registered in entry points `pyannote_strf.frontends`.
    compression : dict, optional
        See :class:`~pyannote_strf.backends.compression.Compression`.
    lstm, linear : dict, optional
        See :class:`~pyannote_strf.backends.lstm.LSTM`.
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    num_channels : int, optional
        Mono (1) only.
    task : Task, optional
        Task addressed by the model: classification of frames.

    Raises
    ------
    ValueError
        If the front-end, or an option, does not exist.

    Examples
    --------
    >>> model = STRFPyanNet(frontend={"name": "strf", "num_filters": 32})
    >>> model.num_frames(32000)
    99
    >>> model.receptive_field.step
    0.02
    """

    problems = (
        Problem.BINARY_CLASSIFICATION,
        Problem.MONO_LABEL_CLASSIFICATION,
        Problem.MULTI_LABEL_CLASSIFICATION,
    )
    resolution = Resolution.FRAME

    def __init__(
        self,
        frontend: str | dict | None = None,
        compression: dict | None = None,
        lstm: dict | None = None,
        linear: dict | None = None,
        sample_rate: int = 16000,
        num_channels: int = 1,
        task: Task | None = None,
    ):
        super().__init__(frontend, sample_rate=sample_rate, num_channels=num_channels, task=task)
        image = (self.frontend.num_channels, self.frontend.num_bands)
        options = {
            "compression": compression_options(compression, image[0]),
            "lstm": with_defaults("lstm", lstm, LSTM_DEFAULTS),
            "linear": with_defaults("linear", linear, LINEAR_DEFAULTS),
        }
        self.save_hyperparameters(options)
        self.backend = LSTM(*image, **options)

    @classmethod
    def from_pyannet(cls, pyannet: PyanNet) -> STRFPyanNet:
        """Copy upstream's PyanNet, which becomes a model with the front-end "sincnet".

        Of its weights, `sincnet.*` becomes `frontend.sincnet.*`, `lstm.*` and `linear.*` become
        `backend.lstm.*` and `backend.linear.*`, and `classifier.*` keeps its name.

        Parameters
        ----------
        pyannet : PyanNet

        Examples
        --------
        >>> STRFPyanNet.from_pyannet(PyanNet()).hparams.frontend
        {'name': 'sincnet', 'stride': 10}
        """
        given = pyannet.hparams
        model = cls(
            frontend={"name": "sincnet", "stride": given.sincnet["stride"]},
            lstm={name: given.lstm[name] for name in LSTM_DEFAULTS},
            linear=given.linear,
        )
        if hasattr(pyannet, "classifier"):
            model.specifications = pyannet.specifications
            model.build()
        homes = {"sincnet": "frontend.", "lstm": "backend.", "linear": "backend."}
        state = pyannet.state_dict()
        model.load_state_dict({homes.get(k.partition(".")[0], "") + k: v for k, v in state.items()})
        return model

    @property
    def dimension(self) -> int:
        """Number of classes that are scored."""
        if self.specifications.powerset:
            return self.specifications.num_powerset_classes
        return len(self.specifications.classes)

    def build(self) -> None:
        """Add the classifier.

        Raises
        ------
        NotImplementedError
            If the task is not classification of frames.
        """
        super().build()
        self.classifier = nn.Linear(self.backend.num_features, self.dimension)
        self.activation = self.default_activation()

    def forward(self, waveforms: Tensor) -> Tensor:
        """
        Parameters
        ----------
        waveforms : (batch, channel, sample) Tensor

        Returns
        -------
        scores : (batch, frame, class) Tensor
        """
        return self.activation(self.classifier(self.backend(self.frontend(waveforms))))
