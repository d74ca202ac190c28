"""Five convolutions that reduce a spectrogram to one frame: FCN-5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyannote_strf.checks import check_mapping
from pyannote_strf.frontends.vgg import VGG

CHANNELS = (64, 128, 128, 128, 64)
POOLS = ((2, 4), (2, 4), (2, 4), (3, 5), (4, 4))
SPECTROGRAM: dict[str, Any] = {"num_bands": 96}


class FCN5(VGG):
    """Spectrogram of 96 bands, five 3 x 3 convolutions with large pools: FCN-5.

    There is one frame for every 1280 frames of the spectrogram, 12.8 s by default, so that only
    models of chunks support it. Shorter waveforms have one frame.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    spectrogram : dict, optional
        Options of :class:`~pyannote_strf.layers.spectrogram.Spectrogram`. `num_bands` defaults to
        96, except for the kind "hcqt".

    Raises
    ------
    ValueError
        If an option does not exist or is out of range.

    References
    ----------
    K. Choi, G. Fazekas and M. Sandler, "Automatic tagging using deep convolutional neural
    networks", ISMIR 2016, with the numbers of channels of M. Won, A. Ferraro, D. Bogdanov and
    X. Serra, "Evaluation of CNN-based automatic music tagging models", SMC 2020.

    Examples
    --------
    >>> import torch
    >>> FCN5().eval()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 64, 1, 1])
    """

    resolution = "chunk"

    def __init__(self, sample_rate: int = 16000, spectrogram: dict | None = None) -> None:
        super().__init__(sample_rate, _with_defaults(spectrogram), CHANNELS, POOLS, 1)

    @classmethod
    def options(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return options, with defaults for those that are missing, also in `spectrogram`."""
        return super().options({**given, "spectrogram": _with_defaults(given.get("spectrogram"))})


def _with_defaults(spectrogram: dict | None) -> dict[str, Any]:
    given = {} if spectrogram is None else spectrogram
    check_mapping("spectrogram", given)
    # the number of bands of "hcqt" depends on the highest frequency
    return given if given.get("kind") == "hcqt" else {**SPECTROGRAM, **given}
