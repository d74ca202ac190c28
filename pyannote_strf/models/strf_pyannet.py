"""PyanNet with a front-end of one's choice."""

from __future__ import annotations

from pyannote.audio.core.task import Task
from pyannote.audio.models.segmentation import PyanNet
from pyannote.audio.utils.params import merge_dict
from torch import nn

from pyannote_strf.audio import mono_reader
from pyannote_strf.models.frontend import build_frontend, frontend_options

# Unseen noise is taken for speech less often where bands are measured relative to their recent level,
# noise alone is not raised to the contrasts of speech, and filters respond to modulations of any phase:
# benchmarks/README.md.
GAIN_CONTROLLED = {"spectrogram": {"gain_control": True}}
FILTERED = {
    "spectrogram": {"gain_control": True, "normalisation": "mean"},
    "normalisation": "batch",
}


class STRFPyanNet(PyanNet):
    """Upstream's PyanNet segmentation model on a learnable front-end.

    front-end > LSTM > feed forward > classifier

    Parameters
    ----------
    frontend : str or dict, optional
        Name of a front-end, or its `name` and options. `name` is "strf" (default), "conv2d", "mel",
        "sincnet", or any other name registered in entry points `pyannote_strf.frontends`.
        Spectrograms have `gain_control`, unless that is turned off; under filters ("strf", "conv2d")
        they keep their contrasts (`normalisation: mean`), and responses are normalised over batches.
        Responses of "strf" are magnitudes (`mode: abs`).
    lstm, linear : dict, optional
        See :class:`pyannote.audio.models.segmentation.PyanNet`.
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

    Examples
    --------
    >>> model = STRFPyanNet(frontend={"name": "strf", "num_filters": 32})
    >>> model.num_frames(32000)
    99
    >>> model.receptive_field.step
    0.02
    """

    FRONTEND_DEFAULTS = {
        "strf": {**FILTERED, "mode": "abs"},
        "conv2d": FILTERED,
        "mel": GAIN_CONTROLLED,
    }

    def __init__(
        self,
        frontend: str | dict | None = None,
        lstm: dict | None = None,
        linear: dict | None = None,
        sample_rate: int = 16000,
        num_channels: int = 1,
        task: Task | None = None,
    ):
        frontend = frontend_options(frontend, self.FRONTEND_DEFAULTS)
        lstm = merge_dict(self.LSTM_DEFAULTS, lstm)
        linear = merge_dict(self.LINEAR_DEFAULTS, linear)
        # pyannote.audio 4.0.7 builds SincNet here, which knows no other rate than its default one:
        # `sample_rate` is left out, and reaches hyper-parameters from this very signature.
        super().__init__(lstm=lstm, linear=linear, num_channels=num_channels, task=task)
        del self.sincnet
        del self.hparams["sincnet"]
        self.save_hyperparameters("frontend", "sample_rate")

        self.audio = mono_reader(sample_rate)
        self.frontend = build_frontend(frontend, sample_rate)
        if self.frontend.num_features != self.first_lstm.input_size:
            self._resize_lstm_input(self.frontend.num_features)

    @property
    def sincnet(self) -> nn.Module:
        """What upstream's PyanNet calls the front-end."""
        return self.frontend

    @property
    def first_lstm(self) -> nn.LSTM:
        return self.lstm if self.hparams.lstm["monolithic"] else self.lstm[0]

    def _resize_lstm_input(self, num_features: int) -> None:
        """Upstream's LSTM expects the 60 features of SincNet."""
        old = self.first_lstm
        new = nn.LSTM(
            num_features,
            old.hidden_size,
            num_layers=old.num_layers,
            bias=old.bias,
            batch_first=True,
            dropout=old.dropout,
            bidirectional=old.bidirectional,
        )
        if self.hparams.lstm["monolithic"]:
            self.lstm = new
        else:
            self.lstm[0] = new
