"""Vertical and horizontal filters of a spectrogram: musicnn."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pyannote_strf.checks import check_size
from pyannote_strf.frontends.spectrogram import SpectrogramFrontend

# height of vertical filters, relative to the number of bands, and their width in frames
HEIGHTS = (0.4, 0.7)
WIDTH = 7

# length of horizontal filters, in frames
LENGTHS = (128, 64, 32)


class Musicnn(SpectrogramFrontend):
    """Spectrogram, vertical and horizontal filters, maximum over bands: musicnn.

    Vertical filters cover 40 % or 70 % of the bands and 7 frames, for timbre at any pitch.
    Horizontal filters cover one band and 128, 64 or 32 frames, for rhythm at any pitch. Each is
    followed by ReLU, batch normalisation and the maximum over bands. Filters are bands of one
    channel, and have no centre frequency.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    spectrogram : dict, optional
        Options of :class:`~pyannote_strf.layers.spectrogram.Spectrogram`.
    num_vertical : int, optional
        Number of vertical filters of each height. Defaults to 204.
    num_horizontal : int, optional
        Number of horizontal filters of each length. Defaults to 51.

    Raises
    ------
    ValueError
        If an option does not exist or is out of range.

    References
    ----------
    J. Pons, O. Nieto, M. Prockup, E. Schmidt, A. Ehmann and X. Serra, "End-to-end learning for
    music audio tagging at scale", ISMIR 2018.

    Examples
    --------
    >>> Musicnn().eval()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 1, 561, 198])
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        spectrogram: dict | None = None,
        num_vertical: int = 204,
        num_horizontal: int = 51,
    ) -> None:
        check_size("num_vertical", num_vertical)
        check_size("num_horizontal", num_horizontal)
        super().__init__(sample_rate=sample_rate, spectrogram=spectrogram)
        bands = self.spectrogram.num_bands
        shapes = [(num_vertical, max(1, int(height * bands)), WIDTH) for height in HEIGHTS]
        shapes += [(num_horizontal, 1, length) for length in LENGTHS]
        self.num_bands = sum(number for number, _, _ in shapes)
        self.contexts = [length - 1 for _, _, length in shapes]
        self.input_norm = nn.BatchNorm2d(self.spectrogram.num_channels)
        self.filters = nn.ModuleList(
            nn.Conv2d(self.spectrogram.num_channels, number, (height, length))
            for number, height, length in shapes
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(number) for number, _, _ in shapes)

    def image(self, waveforms: Tensor) -> Tensor:
        """Return the images of waveforms: see :meth:`forward`."""
        image = self.input_norm(self.spectrogram(waveforms))
        maxima = []
        for context, convolution, norm in zip(self.contexts, self.filters, self.norms):
            padded = F.pad(image, (context // 2, context - context // 2))
            maxima.append(norm(F.relu(convolution(padded))).amax(dim=2))
        return torch.cat(maxima, dim=1)[:, None]
