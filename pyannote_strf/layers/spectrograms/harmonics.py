"""Fundamental frequencies whose harmonics are below the Nyquist frequency."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from pyannote_strf.checks import check_number, check_size
from pyannote_strf.layers.spectrograms.base import MAX_NUM_BANDS

logger = logging.getLogger(__name__)

# lower frequencies need kernels of many seconds
MIN_FREQUENCY = 20.0
MAX_HARMONIC = 32.0
MAX_NUM_HARMONICS = 16
MAX_BANDS_PER_OCTAVE = 96


def fundamentals(
    sample_rate: int,
    f_min: float,
    bands_per_octave: int,
    num_bands: int | None,
    harmonics: Sequence[float],
) -> Tensor:
    """Return equally spaced frequencies, in octaves, without those that have no full harmonics.

    Parameters
    ----------
    sample_rate : int
        In hertz.
    f_min : float
        Lowest frequency, in hertz.
    bands_per_octave : int
    num_bands : int or None
        Number of frequencies. A warning says how many are dropped, because a harmonic is above half
        the sample rate. None is for all that remain, 512 at most.
    harmonics : sequence of float
        Multiples of the frequencies.

    Returns
    -------
    centres : (band,) Tensor
        In hertz.

    Raises
    ------
    ValueError
        If an option is out of range, or nothing remains.

    >>> fundamentals(16000, 1000.0, 1, None, [1, 2])
    tensor([1000., 2000.])
    """
    check_number("f_min", f_min, least=MIN_FREQUENCY)
    check_size("bands_per_octave", bands_per_octave, MAX_BANDS_PER_OCTAVE)
    if not isinstance(harmonics, list | tuple) or not 1 <= len(harmonics) <= MAX_NUM_HARMONICS:
        raise ValueError(f"harmonics must be 1 to {MAX_NUM_HARMONICS} numbers, got {harmonics!r}")
    for harmonic in harmonics:
        check_number("harmonics", harmonic, least=1 / MAX_HARMONIC, most=MAX_HARMONIC)
    if len(set(harmonics)) < len(harmonics):
        raise ValueError(f"harmonics must differ, got {harmonics!r}")
    highest = sample_rate / 2 / max(harmonics)
    # the upper edge of a band is half a step above its centre
    available = math.ceil(bands_per_octave * math.log2(highest / f_min) - 0.5)
    if available < 1:
        raise ValueError(
            f"f_min must be below {highest:g} Hz for harmonics up to {max(harmonics):g} at "
            f"{sample_rate} Hz, got {f_min:g}"
        )
    if num_bands is None:
        num_bands = min(available, MAX_NUM_BANDS)
    check_size("num_bands", num_bands, MAX_NUM_BANDS)
    if num_bands > available:
        logger.warning(
            "%d of %d bands are dropped: harmonics up to %g are above %g Hz",
            *(num_bands - available, num_bands, max(harmonics), sample_rate / 2),
        )
    return f_min * 2 ** (torch.arange(min(num_bands, available)) / bands_per_octave)
