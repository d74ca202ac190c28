"""PyanNet with any front-end."""

from __future__ import annotations

from typing import Any, cast

from pyannote.audio.core.task import Specifications, Task
from pyannote.audio.models.segmentation import PyanNet

from pyannote_strf.backends.compression import compression_options
from pyannote_strf.backends.lstm import LINEAR_DEFAULTS, LSTM, LSTM_DEFAULTS
from pyannote_strf.layers.defaults import with_defaults
from pyannote_strf.models.frame_classifier import FrameClassifier


class STRFPyanNet(FrameClassifier):
    """Segmentation model: PyanNet of pyannote.audio with any front-end.

    Front-end, compression, LSTM, linear layers, classifier.

    Parameters
    ----------
    frontend : str or dict, optional
        Name of a front-end, or its `name` and options. `name` is "strf" (default), "conv2d", "mel",
        "sincnet", or any other name registered in the entry points `pyannote_strf.frontends`.
    compression : dict, optional
        See :class:`~pyannote_strf.backends.compression.Compression`.
    lstm, linear : dict, optional
        See :class:`~pyannote_strf.backends.lstm.LSTM`.
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    num_channels : int, optional
        Number of audio channels. Only 1 (default) is supported.
    task : Task, optional
        Task to train the model on, a classification of frames.

    Raises
    ------
    ValueError
        If the front-end or an option does not exist, or a value is not valid.

    Examples
    --------
    >>> model = STRFPyanNet(frontend={"name": "strf", "num_filters": 32})
    >>> model.num_frames(32000)
    99
    >>> model.receptive_field.step
    0.02
    """

    def __init__(
        self,
        frontend: str | dict | None = None,
        compression: dict | None = None,
        lstm: dict | None = None,
        linear: dict | None = None,
        sample_rate: int = 16000,
        num_channels: int = 1,
        task: Task | None = None,
    ) -> None:
        super().__init__(frontend, sample_rate=sample_rate, num_channels=num_channels, task=task)
        image = (self.frontend.num_channels, self.frontend.num_bands)
        options: dict[str, Any] = {
            "compression": compression_options(compression, image[0]),
            "lstm": with_defaults("lstm", lstm, LSTM_DEFAULTS),
            "linear": with_defaults("linear", linear, LINEAR_DEFAULTS),
        }
        self.save_hyperparameters(options)
        self.backend = LSTM(*image, **options, num_kept_channels=self.frontend.num_kept_channels)

    @classmethod
    def from_pyannet(cls, pyannet: PyanNet) -> STRFPyanNet:
        """Convert a PyanNet of pyannote.audio to a model with the front-end "sincnet".

        In the state dict, `sincnet.*` becomes `frontend.sincnet.*`, `lstm.*` and `linear.*` become
        `backend.lstm.*` and `backend.linear.*`, and `classifier.*` keeps its name.

        Parameters
        ----------
        pyannet : PyanNet

        Returns
        -------
        model : STRFPyanNet
            With a copy of the weights.

        Examples
        --------
        >>> STRFPyanNet.from_pyannet(PyanNet()).hparams.frontend
        {'name': 'sincnet', 'stride': 10}
        """
        hparams = pyannet.hparams
        model = cls(
            frontend={"name": "sincnet", "stride": hparams["sincnet"]["stride"]},
            lstm={name: hparams["lstm"][name] for name in LSTM_DEFAULTS},
            linear=hparams["linear"],
        )
        if hasattr(pyannet, "classifier"):
            model.specifications = cast(Specifications, pyannet.specifications)
            model.build()
        prefixes = {"sincnet": "frontend.", "lstm": "backend.", "linear": "backend."}
        state = pyannet.state_dict()
        model.load_state_dict(
            {prefixes.get(k.partition(".")[0], "") + k: v for k, v in state.items()}
        )
        return model
