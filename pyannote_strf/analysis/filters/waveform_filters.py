"""Magnitude responses of filters of the waveform."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.fft import next_fast_len

# steps between 0 Hz and half the sample rate, at least
NUM_STEPS = 512


class MagnitudeResponses(NamedTuple):
    """Magnitude responses of filters of one length, sorted by their peaks.

    Attributes
    ----------
    num_taps : int
        Length of filters, in samples.
    frequencies : (step,) array
        In hertz.
    decibels : (filter, step) array
        Relative to the maximum of each filter.
    peaks : (filter,) array
        Frequency of the maximum of each filter, in hertz, in increasing order.
    """

    num_taps: int
    frequencies: np.ndarray
    decibels: np.ndarray
    peaks: np.ndarray


def magnitude_responses(filters: np.ndarray, sample_rate: int) -> MagnitudeResponses:
    """Return the magnitude responses of filters, sorted by the frequency of their peaks.

    Parameters
    ----------
    filters : (filter, tap) array
    sample_rate : int
        In hertz.

    Examples
    --------
    >>> sums = np.array([[1.0, -1.0], [1.0, 1.0]])
    >>> magnitude_responses(sums, 16000).peaks
    array([   0., 8000.])
    """
    num_taps = filters.shape[1]
    size = next_fast_len(2 * max(NUM_STEPS, num_taps))
    size += size % 2
    magnitudes = np.abs(np.fft.rfft(filters, n=size))
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    peaks = frequencies[magnitudes.argmax(axis=1)]
    order = np.argsort(peaks, kind="stable")
    relative = magnitudes / magnitudes.max(axis=1, keepdims=True).clip(min=1e-30)
    decibels = 20 * np.log10(relative.clip(min=1e-6))
    return MagnitudeResponses(num_taps, frequencies, decibels[order], peaks[order])
