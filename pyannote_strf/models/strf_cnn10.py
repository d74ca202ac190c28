"""CNN10 of PANNs with any front-end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from pyannote.audio.core.task import Problem, Resolution, Specifications, Task
from torch import Tensor

from pyannote_strf.backends.cnn10 import CNN10, DROPOUT
from pyannote_strf.messages import describe
from pyannote_strf.models.clips import ClipClassifier

# front-end and sample rate of PANNs
PANNS_SAMPLE_RATE = 32000
PANNS_FRONTEND: dict[str, Any] = {
    "name": "mel",
    "spectrogram": {
        "window": 0.032,
        "n_fft": 1024,
        "f_min": 50.0,
        "f_max": 14000.0,
        "normalisation": "none",
        # only the floor of 1e-10 is left
        "dynamic_range": 200.0,
    },
}

# duration of the clips that PANNs were trained on, in seconds
PANNS_DURATION = 10.0

# parts of released checkpoints: the fixed spectrogram, and the classifier
PANNS_SPECTROGRAM = ("spectrogram_extractor.", "logmel_extractor.")
PANNS_CLASSIFIER = "fc_audioset."


class STRFCNN10(ClipClassifier):
    """Audio tagging model: CNN10 of PANNs with any front-end.

    Front-end, CNN10, classifier. The channels of the image are the input channels of the first
    convolution. With the front-end "mel" and the options of :meth:`from_panns`, this is the
    published CNN10, except that frames do not extend beyond the waveform.

    Parameters
    ----------
    frontend : str or dict, optional
        Name of a front-end, or its `name` and options. `name` is "strf" (default), "conv2d", "mel",
        "sincnet", or any other name registered in the entry points `pyannote_strf.frontends`.
    width, dropout : float, optional
        Factor of the number of channels, and probability of dropout after each block. Default to 1
        and 0.2, the published network: see :class:`~pyannote_strf.backends.cnn10.CNN10`.
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
    Q. Kong, Y. Cao, T. Iqbal, Y. Wang, W. Wang and M. D. Plumbley, "PANNs: large-scale pretrained
    audio neural networks for audio pattern recognition", IEEE/ACM TASLP 2020.

    Examples
    --------
    >>> model = STRFCNN10(width=0.25).eval()
    >>> model.embed(torch.randn(2, 1, 16000)).shape
    torch.Size([2, 128])
    """

    def __init__(
        self,
        frontend: str | dict | None = None,
        width: float = 1.0,
        dropout: float = DROPOUT,
        sample_rate: int = 16000,
        num_channels: int = 1,
        task: Task | None = None,
    ) -> None:
        super().__init__(frontend, sample_rate=sample_rate, num_channels=num_channels, task=task)
        self.save_hyperparameters({"width": width, "dropout": dropout})
        image = (self.frontend.num_channels, self.frontend.num_bands)
        self.backend = CNN10(*image, width=width, dropout=dropout)

    @classmethod
    def from_panns(cls, path: str | Path, classes: Sequence[str] | None = None) -> STRFCNN10:
        """Load the released weights of CNN10 of PANNs.

        The waveform is sampled at 32 kHz, and the front-end is "mel" with 64 bands from 50 Hz to
        14 kHz, in decibels without normalisation. In the state dict, `fc_audioset.*` becomes
        `classifier.*`, and other names get the prefix `backend.`. Kernels are transposed, because
        the images of PANNs are laid (frame, band). The weights of the spectrogram, which are fixed,
        are not read.

        Parameters
        ----------
        path : str or Path
            Checkpoint of PANNs, such as `Cnn10_mAP=0.380.pth`.
        classes : sequence of str, optional
            Names of the classes, in the order of the checkpoint. Default to their numbers from 0.

        Returns
        -------
        model : STRFCNN10
            In training mode.

        Raises
        ------
        ValueError
            If the file is not a checkpoint of CNN10, if a weight is missing, unknown or of another
            shape, or if the number of classes differs.
        """
        weights = _read_panns(Path(path))
        num_classes = len(weights["classifier.bias"])
        names = list(map(str, range(num_classes))) if classes is None else list(classes)
        if len(names) != num_classes:
            raise ValueError(f"{path}: has {num_classes} classes, got {len(names)} names")
        model = cls(frontend=PANNS_FRONTEND, sample_rate=PANNS_SAMPLE_RATE)
        model.specifications = Specifications(
            problem=Problem.MULTI_LABEL_CLASSIFICATION,
            resolution=Resolution.CHUNK,
            duration=PANNS_DURATION,
            classes=names,
        )
        model.setup()
        # weights of the front-end are constants
        own = {name: value for name, value in model.state_dict().items() if name not in weights}
        for name in own:
            if not name.startswith("frontend."):
                raise ValueError(f"{path}: lacks weight {name}; expected CNN10 of PANNs")
        try:
            model.load_state_dict({**own, **weights})
        except RuntimeError as error:
            raise ValueError(f"{path}: {describe(error)}; expected CNN10 of PANNs") from None
        return model


def _read_panns(path: Path) -> dict[str, Tensor]:
    """Read the weights of a checkpoint of PANNs, with the names that they have in this model."""
    if not path.is_file():
        raise ValueError(f"{path}: no such checkpoint")
    try:
        content = torch.load(path, "cpu", weights_only=True)
        weights = {
            _renamed(name): value.transpose(2, 3) if value.ndim == 4 else value
            for name, value in content["model"].items()
            if not name.startswith(PANNS_SPECTROGRAM)
        }
        len(weights["classifier.bias"])
    except Exception as error:
        # reading another kind of file may raise any exception
        reason = describe(error).partition(". ")[0]
        raise ValueError(f"{path}: not a checkpoint of CNN10 of PANNs ({reason})") from error
    return weights


def _renamed(name: str) -> str:
    """Return the name in this model of a released weight.

    >>> _renamed("fc_audioset.weight"), _renamed("bn0.bias")
    ('classifier.weight', 'backend.bn0.bias')
    """
    if name.startswith(PANNS_CLASSIFIER):
        return f"classifier.{name.removeprefix(PANNS_CLASSIFIER)}"
    return f"backend.{name}"
