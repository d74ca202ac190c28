"""Power of harmonic constant-Q transforms."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pyannote_strf.layers.spectrograms.base import PowerSpectrogram
from pyannote_strf.layers.spectrograms.cqt import MIN_FREQUENCY
from pyannote_strf.layers.spectrograms.harmonics import fundamentals

# longest kernel, in seconds
MAX_DURATION = 8.0

HARMONICS = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0)


class HarmonicConstantQ(PowerSpectrogram):
    """Power of constant-Q transforms at multiples of the same frequencies, by nnAudio.

    Each channel is one harmonic: band `k` of the channel of harmonic `h` is centred on `h` times
    `centres[k]`. The harmonics of a voiced sound are at the same place in all channels. Bands with
    a harmonic above half the sample rate are dropped from all channels.

    Kernels of low bands are longer than the window. The first and last frames are padded with
    zeros. With `f_min` 32.7 Hz and 60 bands per octave, as published, kernels are as long as 5 s.

    Parameters
    ----------
    sample_rate : int
        In hertz.
    hop_length, window_length : int
        In samples.
    num_bands : int, optional
        Number of bands of each channel. A warning says how many are dropped. Defaults to all that
        remain: 55 at 16 kHz.
    f_min : float, optional
        Lowest centre frequency of harmonic 1, in hertz. Defaults to 65.41, C2.
    bands_per_octave : int, optional
        Defaults to 12.
    harmonics : sequence of float, optional
        Multiples of frequencies. Default to 0.5, 1, 2, 3, 4 and 5.

    Raises
    ------
    ValueError
        If an option is out of range, no bands remain, or a kernel is longer than 8 s.

    References
    ----------
    R. Bittner, B. McFee, J. Salamon, P. Li and J. P. Bello, "Deep salience representations for F0
    estimation in polyphonic music", ISMIR 2017.

    Examples
    --------
    >>> layer = HarmonicConstantQ(16000, 160, 400)
    >>> layer(torch.randn(2, 32000)).shape
    torch.Size([2, 6, 55, 98])
    """

    def __init__(
        self,
        sample_rate: int,
        hop_length: int,
        window_length: int,
        num_bands: int | None = None,
        f_min: float = MIN_FREQUENCY,
        bands_per_octave: int = 12,
        harmonics: tuple[float, ...] = HARMONICS,
    ) -> None:
        from nnAudio.features import CQT1992v2

        super().__init__()
        self.centres = fundamentals(sample_rate, f_min, bands_per_octave, num_bands, harmonics)
        duration = 1 / (2 ** (1 / bands_per_octave) - 1) / (min(harmonics) * f_min)
        if duration > MAX_DURATION:
            raise ValueError(
                f"kernels of {duration:.1f} s are not supported, at most {MAX_DURATION:g} s: "
                "choose a higher f_min, fewer bands_per_octave or higher harmonics"
            )
        self.num_channels = len(harmonics)
        self.num_bands = len(self.centres)
        transforms = [
            CQT1992v2(
                sr=sample_rate,
                hop_length=hop_length,
                fmin=harmonic * f_min,
                n_bins=self.num_bands,
                bins_per_octave=bands_per_octave,
                center=False,
                output_format="Complex",
                verbose=False,
            )
            for harmonic in harmonics
        ]
        self.transforms = nn.ModuleList(transforms)
        self.widths: list[int] = [transform.kernel_width for transform in transforms]
        self.kernel_length = max(*self.widths, window_length)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the (batch, harmonic, band, frame) power of (batch, sample) waveforms."""
        power = []
        for width, transform in zip(self.widths, self.transforms):
            # shorter kernels are centred on the longest one
            start = (self.kernel_length - width) // 2
            end = start + width + waveforms.shape[-1] - self.kernel_length
            power.append(transform(waveforms[:, start:end]).square().sum(dim=-1))
        return torch.stack(power, dim=1)
