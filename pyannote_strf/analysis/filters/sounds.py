"""Modulation power of sounds, to hold that of filters against."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.fft import rfft2

from pyannote_strf.analysis.filters.transfer import decibels


def modulation_power(images: Iterable[np.ndarray], num_steps: int) -> np.ndarray:
    """Mean modulation power of spectrograms: of their two-dimensional Fourier transforms.

    Each band is centred, so that the long-term spectrum does not count, and tapered by a Hann window
    along both axes.

    Parameters
    ----------
    images : iterable of (band, frame) array
        Logarithmic spectrograms.
    num_steps : int
        Even number of steps up to half a cycle per frame, and between half a cycle per band falling
        and half a cycle rising.

    Returns
    -------
    power : (density, rate) array
        `num_steps + 1` of each.

    Raises
    ------
    ValueError
        If there is no image.

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
        raise ValueError("no sound to measure the modulation of")
    return total / count


def _power(image: np.ndarray, num_steps: int) -> np.ndarray:
    bands, frames = image.shape
    # steps of the plane are every so many of the transform's
    finer_bands, finer_frames = -(-bands // num_steps), -(-frames // (2 * num_steps))
    shape = finer_bands * num_steps, finer_frames * 2 * num_steps
    power = np.abs(rfft2(image, s=shape)[::finer_bands, ::finer_frames]) ** 2
    from_lowest = np.fft.fftshift(power, axes=0)
    # half a cycle per band is the same falling and rising; a crest that rises has a negative phase
    return np.concatenate([from_lowest, from_lowest[:1]])[::-1]


def follows(filters: np.ndarray, sounds: np.ndarray) -> float:
    """Correlation of decibels between the power transfer of filters and the power of sounds.

    Over the part of the plane where either is within 40 dB of its peak. Anything low-pass correlates
    with sounds, which are: compare with what the filters began as.

    Parameters
    ----------
    filters, sounds : (density, rate) array

    Examples
    --------
    >>> round(follows(np.array([[1.0, 0.1]]), np.array([[5.0, 0.01]])), 6)
    1.0
    """
    both = np.stack([np.maximum(decibels(power), -40).ravel() for power in (filters, sounds)])
    return float(np.corrcoef(both[:, (both > -40).any(axis=0)])[0, 1])
