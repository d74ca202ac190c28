"""Spectro-temporal filters in the units of auditory neuroscience."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pyannote_strf.analysis.filters.transfer import energy_cut, parameters
from pyannote_strf.layers.strf import STRFConv2d

HALF_POWER = 2 * np.sqrt(np.log(2))
HALF_MAXIMUM = 2 * np.sqrt(2 * np.log(2))

# below this ratio of powers towards both directions, in decibels, a filter takes no side
DIRECTED = 3.0
DIRECTIONS = ("falling", "neither", "rising")


@dataclass(frozen=True)
class Filters:
    """What each filter of a bank responds to. All are arrays, (filter,).

    Attributes
    ----------
    rate : array of float
        Best temporal modulation, in hertz. Never negative: a modulation and its negative are one.
    density_per_bin, density : array of float
        Best spectral modulation, in cycles per band, and in cycles per octave around `at`. Positive
        for ripples that rise in frequency, negative for those that fall.
    direction : array of str
        "rising", "falling", or "neither" for filters whose power (of both parts) for rising and falling ripples
        of their rate and density differs by less than 3 dB (as separable ones).
    rate_bandwidth, density_bandwidth : array of float
        Between the half-power points, in hertz and in cycles per octave.
    rate_quality, density_quality : array of float
        Best modulation over bandwidth.
    duration, extent : array of float
        Of the envelope, between its half-maximum points, in milliseconds and in octaves.
    energy_cut : array of float
        Share of the energy that a kernel of this size leaves out.
    """

    rate: np.ndarray
    density_per_bin: np.ndarray
    density: np.ndarray
    direction: np.ndarray
    rate_bandwidth: np.ndarray
    density_bandwidth: np.ndarray
    rate_quality: np.ndarray
    density_quality: np.ndarray
    duration: np.ndarray
    extent: np.ndarray
    energy_cut: np.ndarray


def describe(layer: STRFConv2d, hop: float, centres: np.ndarray, at: float = 1000.0) -> Filters:
    """Filters in physical units.

    Bands of a mel spectrogram are not equally spaced in octaves: spectral modulation is given around
    one frequency. See :func:`octaves_per_band` for others; on a constant-Q spectrogram, all agree.

    Parameters
    ----------
    layer : STRFConv2d
        With one input channel.
    hop : float
        Time between two frames, in seconds.
    centres : (band,) array
        Centre frequency of each band, in hertz.
    at : float, optional
        Frequency around which octaves are counted, in hertz. Defaults to 1000.

    Returns
    -------
    filters : Filters

    Examples
    --------
    >>> import torch
    >>> layer = STRFConv2d(1, 1, (9, 111))
    >>> layer.assign(*torch.tensor([9.0, 2.0, 0.5, torch.pi / 3]).reshape(4, 1, 1))
    >>> filters = describe(layer, 0.01, 200 * 2 ** (np.arange(64) / 12))
    >>> filters.rate.round(2), filters.density.round(2), filters.direction.tolist()
    (array([3.98]), array([-0.83]), ['falling'])
    """
    sigma_t, sigma_f, omega, gamma = parameters(layer)
    per_frame, per_band = omega * np.cos(gamma), omega * np.sin(gamma)
    octaves = octaves_per_band(centres, at)
    preference = _preference(sigma_t * per_frame, sigma_f * per_band)
    # a kernel exp(i (a t + b f)) is constant along f = -a t / b: it falls if both have one sign
    rising = -np.sign(per_frame) * np.sign(per_band)
    rate = np.abs(per_frame) / (2 * np.pi * hop)
    density_per_bin = np.where(per_frame == 0, 1, rising) * np.abs(per_band) / (2 * np.pi)
    rate_bandwidth = HALF_POWER / sigma_t / (2 * np.pi * hop)
    density_bandwidth = HALF_POWER / sigma_f / (2 * np.pi * octaves)
    return Filters(
        rate=rate,
        density_per_bin=density_per_bin,
        density=density_per_bin / octaves,
        direction=np.where(
            preference < DIRECTED, "neither", np.where(rising > 0, "rising", "falling")
        ),
        rate_bandwidth=rate_bandwidth,
        density_bandwidth=density_bandwidth,
        rate_quality=rate / rate_bandwidth,
        density_quality=np.abs(density_per_bin / octaves) / density_bandwidth,
        duration=1000 * HALF_MAXIMUM * sigma_t * hop,
        extent=HALF_MAXIMUM * sigma_f * octaves,
        energy_cut=energy_cut(layer),
    )


def shorter_way(
    start: ArrayLike, end: ArrayLike, scale: ArrayLike = (1.0, 1.0)
) -> tuple[np.ndarray, np.ndarray]:
    """Way from one modulation to another: to it or to its negative, whichever is nearer.

    Parameters
    ----------
    start, end : pair of arrays that broadcast
        Rate and density.
    scale : pair of arrays, optional
        What one unit is along each axis, where the nearer one is chosen.

    Examples
    --------
    >>> shorter_way((1.0, 2.0), (0.5, -2.5))
    (array(-1.5), array(0.5))
    """
    (x0, y0), (x1, y1), (width, height) = start, end, scale
    straight = np.hypot((x1 - x0) / width, (y1 - y0) / height)
    across = np.hypot((x1 + x0) / width, (y1 + y0) / height)
    sign = np.where(across < straight, -1.0, 1.0)
    return np.asarray(sign * x1 - x0), np.asarray(sign * y1 - y0)


def octaves_per_band(centres: np.ndarray, at: float | np.ndarray) -> np.ndarray:
    """Octaves from one band to the next around a frequency.

    Cycles per band, divided by it, are cycles per octave.

    Parameters
    ----------
    centres : (band,) array
        Centre frequency of each band, in hertz.
    at : float or array
        In hertz, within the bands.

    Raises
    ------
    ValueError
        If a frequency is outside of the bands.

    Examples
    --------
    >>> octaves_per_band(100 * 2 ** (np.arange(24) / 12), 150.0).round(4)
    np.float64(0.0833)
    """
    centres = np.asarray(centres, dtype=float)
    if np.min(at) < centres[0] or np.max(at) > centres[-1]:
        raise ValueError(
            f"{at} Hz is outside of the bands, {centres[0]:.0f} to {centres[-1]:.0f} Hz: count octaves "
            "around a frequency within them"
        )
    return np.interp(at, centres, np.gradient(np.log2(centres)))


def _preference(t: np.ndarray, f: np.ndarray) -> np.ndarray:
    """Power of both parts at the best modulation over that at its mirror image, in decibels.

    Both parts respond to a modulation and to its negative; `t` and `f` are in units of their widths.
    """
    power = np.logaddexp(0, -4 * (t**2 + f**2)) - np.logaddexp(-4 * t**2, -4 * f**2)
    return 10 / np.log(10) * power
