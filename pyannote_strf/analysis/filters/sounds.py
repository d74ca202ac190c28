"""Modulation power of sounds, to compare with that of filters."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.fft import rfft2

from pyannote_strf.analysis.filters.transfer import decibels


def modulation_power(images: Iterable[np.ndarray], num_steps: int) -> np.ndarray:
    """Return the mean modulation power of spectrograms, by two-dimensional Fourier transforms.

    The mean of each band is subtracted, which removes the long-term spectrum. A Hann window is
    applied along both axes.

    Parameters
    ----------
    images : iterable of (band, frame) array
        Logarithmic spectrograms.
    num_steps : int
        Even number of steps along each axis: from 0 to 1/2 cycle per frame, and from -1/2 to
        1/2 cycle per band (positive for rising ripples).

    Returns
    -------
    power : (density, rate) array
        Both axes have `num_steps + 1` values.

    Raises
    ------
    ValueError
        If there are no images.

    References
    ----------
    N. C. Singh and F. E. Theunissen, JASA 114(6), 2003.

    Examples
    --------
    >>> time, band = np.arange(100), np.arange(64)[:, None]
    >>> rising = np.cos(2 * np.pi * (0.1 * time - 0.2 * band))
    >>> power = modulation_power([rising], 10)
    >>> tuple(map(int, np.unravel_index(power.argmax(), power.shape)))
    (7, 2)
    """
    total, count = np.zeros((num_steps + 1, num_steps + 1)), 0
    for image in images:
        taper = np.outer(*(np.hanning(size + 2)[1:-1] for size in image.shape))
        total += _power((image - image.mean(axis=1, keepdims=True)) * taper, num_steps)
        count += 1
    if not count:
        raise ValueError("no sounds to measure modulation power on")
    return total / count


def _power(image: np.ndarray, num_steps: int) -> np.ndarray:
    bands, frames = image.shape
    # the transform is this many times finer than the plane
    finer_bands, finer_frames = -(-bands // num_steps), -(-frames // (2 * num_steps))
    shape = finer_bands * num_steps, finer_frames * 2 * num_steps
    power = np.abs(rfft2(image, s=shape)[::finer_bands, ::finer_frames]) ** 2
    from_lowest = np.fft.fftshift(power, axes=0)
    # -1/2 and 1/2 cycle per band are equal; rising ripples have negative frequencies along bands
    return np.concatenate([from_lowest, from_lowest[:1]])[::-1]


def decibel_correlation(filters: np.ndarray, sounds: np.ndarray) -> float:
    """Return the correlation, in decibels, of filters' power transfer with sounds' power.

    The correlation is over the part of the plane where either is within 40 dB of its peak. Sounds
    are low-pass, so that any low-pass filters correlate with them: compare with initial filters.

    Parameters
    ----------
    filters, sounds : (density, rate) array

    Examples
    --------
    >>> round(decibel_correlation(np.array([[1.0, 0.1]]), np.array([[5.0, 0.01]])), 6)
    1.0
    """
    both = np.stack([np.maximum(decibels(power), -40).ravel() for power in (filters, sounds)])
    return float(np.corrcoef(both[:, (both > -40).any(axis=0)])[0, 1])
