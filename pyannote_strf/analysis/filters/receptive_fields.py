"""Kernels as spectro-temporal receptive fields, in the form of neuroscience tools."""

from __future__ import annotations

import numpy as np
import torch

from pyannote_strf.analysis.filters import REFERENCE_FREQUENCY
from pyannote_strf.frontends.kernels import SpectrogramKernels


@torch.no_grad()
def receptive_fields(
    kernels: SpectrogramKernels, at: float = REFERENCE_FREQUENCY
) -> dict[str, np.ndarray]:
    """Return kernels with their axes in seconds and hertz.

    The response at frame `n` is the sum of `kernel[frequency, lag] * spectrogram[frequency, n -
    lag]`: positive lags are in the past.

    Parameters
    ----------
    kernels : SpectrogramKernels
    at : float, optional
        Frequency of the band that sliding kernels are centred on, in hertz. Defaults to 1000.

    Returns
    -------
    arrays : dict of str to array
        Arrays of `kernels.npz`. `strf_real` and `strf_imag`: parts of complex kernels, and `free`:
        real kernels, all (filter, frequency, lag), or (filter, channel, frequency, lag) if the
        spectrogram has several channels. `lags`: (lag,), in seconds. `frequencies`: (frequency,),
        centres of the bands that kernels cover, in hertz; NaN for those outside the spectrogram.
        `centres`: (band,), centres of all bands of the spectrogram, in hertz. `hop`: time between
        two frames, in seconds. `stride`: bands and frames between two responses. For kernels that
        slide over bands, `band_offsets`: (frequency,), in bands, relative to the middle.
        `frequencies` and `centres` are left out if bands have no centre frequency.

    Examples
    --------
    >>> from pyannote_strf.frontends.strf import STRF
    >>> arrays = receptive_fields(STRF(kernel_size=(3, 5)).kernels())
    >>> arrays["strf_real"].shape, arrays["lags"], arrays["band_offsets"]
    ((64, 3, 5), array([-0.02, -0.01,  0.  ,  0.01,  0.02]), array([-1,  0,  1]))
    """
    arrays = {}
    for kind, complex_kernels in kernels.kernels.items():
        # convolutions of networks correlate: their last tap is the latest
        each = complex_kernels.flip(-1).squeeze(1).cpu()
        if each.is_complex():
            arrays[f"{kind}_real"] = each.real.float().numpy()
            arrays[f"{kind}_imag"] = each.imag.float().numpy()
        else:
            arrays[kind] = each.float().numpy()
    height, width = each.shape[-2:]
    spectrogram = kernels.spectrogram
    hop = spectrogram.hop_length / spectrogram.sample_rate
    arrays["lags"] = np.round((np.arange(width) - (width - 1) // 2) * hop, 9)
    arrays["hop"] = np.array(hop)
    arrays["stride"] = np.array(kernels.stride)
    offsets = np.arange(height) - (height - 1) // 2
    if kernels.slide:
        arrays["band_offsets"] = offsets
    if spectrogram.centres is None:
        return arrays
    centres = spectrogram.centres.cpu().double().numpy()
    arrays["centres"] = arrays["frequencies"] = centres
    if kernels.slide:
        covered = np.abs(centres - at).argmin() + offsets
        inside = (covered >= 0) & (covered < len(centres))
        frequencies = centres[covered.clip(0, len(centres) - 1)]
        arrays["frequencies"] = np.where(inside, frequencies, np.nan)
    return arrays
