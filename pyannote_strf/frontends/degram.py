"""Learnable bands and attention: DEGram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from pyannote_strf.checks import check_choice, check_mapping
from pyannote_strf.frontends.spectrogram import SpectrogramFrontend
from pyannote_strf.layers.attention import FUSIONS, TimeFrequencyAttention
from pyannote_strf.layers.defaults import defaults
from pyannote_strf.layers.spectrogram import Spectrogram

# of the paper, except that frames do not extend beyond the waveform
SPECTROGRAM: dict = {"kind": "sincgram", "window": 0.032, "num_bands": 128, "f_min": 125.0}
ORDERS = ("normalise_first", "attend_first")
# options of the spectrogram without effect in order "attend_first"
UNUSED = ("normalisation", "dynamic_range", "gain_control")

# smallest power and variance: roots have no gradient at zero, and ONNX would drop a sum
TINY = 1e-12


class DEGram(SpectrogramFrontend):
    """Spectrogram of learnable bands, attention over bands and frames.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    spectrogram : dict, optional
        Options of :class:`~pyannote_strf.layers.spectrogram.Spectrogram`. Defaults to the paper's:
        `kind` "sincgram", `window` 0.032 s, 128 bands from 125 to 7500 Hz, or to half the sample
        rate if that is lower. Other kinds have their own defaults.
    attention : {"max", "add", "multiply", "concat", "frequency"}, optional
        See :class:`~pyannote_strf.layers.attention.TimeFrequencyAttention`. Defaults to "max". The
        network that the authors released has "frequency".
    order : {"normalise_first", "attend_first"}, optional
        "normalise_first" (default) is the order of the authors' TensorFlow code: logarithm,
        normalisation of each example, attention. "attend_first" is that of their PyTorch code:
        attention on amplitudes, then normalisation, without a logarithm.

    Raises
    ------
    ValueError
        If an option does not exist, is out of range, or has no effect in this order.

    References
    ----------
    P. Foggia et al., "Degramnet: effective audio analysis based on a fully learnable time-frequency
    representation", Neural Computing and Applications 2023.

    Examples
    --------
    >>> DEGram()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 1, 128, 197])
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        spectrogram: dict | None = None,
        attention: str = "max",
        order: str = "normalise_first",
    ) -> None:
        check_choice("attention", attention, FUSIONS)
        check_choice("order", order, ORDERS)
        given = _with_defaults(spectrogram)
        if given.get("kind") == "sincgram" and given.get("f_max") is None:
            given["f_max"] = min(7500.0, sample_rate / 2)
        super().__init__(sample_rate=sample_rate, spectrogram=given)
        usual = defaults(Spectrogram)
        for name in UNUSED if order == "attend_first" else ():
            if given.get(name, usual[name]) != usual[name]:
                raise ValueError(f"spectrogram: {name} has no effect in order {order!r}")
        self.num_bands = self.spectrogram.num_bands
        self.attention = TimeFrequencyAttention(self.num_bands, attention)
        self.num_channels = self.spectrogram.num_channels * (2 if attention == "concat" else 1)
        self.order = order

    @classmethod
    def options(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return options, with defaults for those that are missing, also in `spectrogram`."""
        return super().options({**given, "spectrogram": _with_defaults(given.get("spectrogram"))})

    @property
    def centres(self) -> Tensor | None:
        """Centre frequency of each band, (num_bands,), in hertz. None if bands have no centre."""
        return self.spectrogram.centres

    def image(self, waveforms: Tensor) -> Tensor:
        """Return the images of waveforms: see :meth:`forward`."""
        image = self.attention(self._unweighted(waveforms))
        if self.order == "normalise_first":
            return image
        variance, mean = torch.var_mean(image, dim=(1, 2, 3), keepdim=True)
        return (image - mean) / torch.sqrt(variance.clamp(min=TINY))

    def band_weights(self, waveforms: Tensor) -> Tensor:
        """Return the weights of bands, (batch, channel, band)."""
        return self.attention.band_weights(self._unweighted(waveforms))

    def _unweighted(self, waveforms: Tensor) -> Tensor:
        """Return the image that attention weighs."""
        if self.order == "normalise_first":
            return self.spectrogram(waveforms)
        return torch.sqrt(self.spectrogram.measure(waveforms).clamp(min=TINY))


def _with_defaults(spectrogram: dict | None) -> dict[str, Any]:
    given = {} if spectrogram is None else spectrogram
    check_mapping("spectrogram", given)
    return {**SPECTROGRAM, **given} if given.get("kind") in (None, "sincgram") else given
