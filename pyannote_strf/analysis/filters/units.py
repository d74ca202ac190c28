"""Spectro-temporal filters in physical units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pyannote_strf.analysis.filters import REFERENCE_FREQUENCY
from pyannote_strf.analysis.filters.transfer import energy_cut, parameters
from pyannote_strf.layers.strf import STRFConv2d

# widths of a Gaussian in standard deviations
HALF_POWER = 2 * np.sqrt(np.log(2))
HALF_MAXIMUM = 2 * np.sqrt(2 * np.log(2))

# filters whose power for rising and falling ripples differs by less, in decibels, have no direction
MIN_PREFERENCE = 3.0
DIRECTIONS = ("falling", "neither", "rising")

# rate and density, each a number or an array
Modulation = tuple[float, float] | tuple[np.ndarray, np.ndarray] | np.ndarray


@dataclass(frozen=True)
class Filters:
    """Properties of each filter of a bank. All attributes are arrays of shape (filter,).

    Attributes
    ----------
    rate : array of float
        Best temporal modulation, in hertz. It is not negative, since a modulation and its negative
        are equivalent.
    density_per_band, density : array of float
        Best spectral modulation, in cycles per band, and in cycles per octave around a reference
        frequency. Positive for rising ripples, negative for falling ones.
    direction : array of str
        "rising", "falling", or "neither" for filters whose power (of both parts) for rising and
        falling ripples of their rate and density differs by less than 3 dB, such as separable ones.
    rate_bandwidth, density_bandwidth : array of float
        Width between the half-power points, in hertz and in cycles per octave.
    rate_quality, density_quality : array of float
        Ratio of the best modulation to the bandwidth.
    duration, extent : array of float
        Full width of the envelope at half maximum, in milliseconds and in octaves.
    energy_cut : array of float
        Share of the energy that lies outside the kernel.
    """

    rate: np.ndarray
    density_per_band: np.ndarray
    density: np.ndarray
    direction: np.ndarray
    rate_bandwidth: np.ndarray
    density_bandwidth: np.ndarray
    rate_quality: np.ndarray
    density_quality: np.ndarray
    duration: np.ndarray
    extent: np.ndarray
    energy_cut: np.ndarray


def describe(
    layer: STRFConv2d, hop: float, centres: np.ndarray, at: float = REFERENCE_FREQUENCY
) -> Filters:
    """Return the properties of filters in physical units.

    Bands of a mel spectrogram are not equally spaced in octaves, so that spectral modulation in
    cycles per octave holds around one frequency. :func:`octaves_per_band` converts it to others. On
    a constant-Q spectrogram, it is the same for all.

    Parameters
    ----------
    layer : STRFConv2d
        Layer with one input channel.
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
    # a kernel exp(i (a t + b f)) is constant along f = -a t / b: it falls if a and b have one sign
    rising = -np.sign(per_frame) * np.sign(per_band)
    rate = np.abs(per_frame) / (2 * np.pi * hop)
    density_per_band = np.where(per_frame == 0, 1, rising) * np.abs(per_band) / (2 * np.pi)
    rate_bandwidth = HALF_POWER / sigma_t / (2 * np.pi * hop)
    density_bandwidth = HALF_POWER / sigma_f / (2 * np.pi * octaves)
    return Filters(
        rate=rate,
        density_per_band=density_per_band,
        density=density_per_band / octaves,
        direction=np.where(
            preference < MIN_PREFERENCE, "neither", np.where(rising > 0, "rising", "falling")
        ),
        rate_bandwidth=rate_bandwidth,
        density_bandwidth=density_bandwidth,
        rate_quality=rate / rate_bandwidth,
        density_quality=np.abs(density_per_band / octaves) / density_bandwidth,
        duration=1000 * HALF_MAXIMUM * sigma_t * hop,
        extent=HALF_MAXIMUM * sigma_f * octaves,
        energy_cut=energy_cut(layer),
    )


def shortest_difference(
    start: Modulation, end: Modulation, scale: Modulation = (1.0, 1.0)
) -> tuple[np.ndarray, np.ndarray]:
    """Return the difference from one modulation to another or its negative, whichever is nearer.

    Parameters
    ----------
    start, end : pair of arrays that broadcast
        Rate and density.
    scale : pair of arrays, optional
        Unit of each axis in the comparison of both distances. Defaults to 1.

    Returns
    -------
    rate, density : arrays

    Examples
    --------
    >>> shortest_difference((1.0, 2.0), (0.5, -2.5))
    (array(-1.5), array(0.5))
    """
    (x0, y0), (x1, y1), (width, height) = start, end, scale
    straight = np.hypot((x1 - x0) / width, (y1 - y0) / height)
    across = np.hypot((x1 + x0) / width, (y1 + y0) / height)
    sign = np.where(across < straight, -1.0, 1.0)
    return np.asarray(sign * x1 - x0), np.asarray(sign * y1 - y0)


def octaves_per_band(centres: np.ndarray, at: float | np.ndarray) -> np.ndarray:
    """Return the spacing of bands around a frequency, in octaves.

    Cycles per band, divided by this spacing, are cycles per octave.

    Parameters
    ----------
    centres : (band,) array
        Centre frequency of each band, in hertz.
    at : float or array
        Frequency within the range of the bands, in hertz.

    Returns
    -------
    octaves : float or array
        Of the shape of `at`.

    Raises
    ------
    ValueError
        If a frequency is outside the range of the bands.

    Examples
    --------
    >>> octaves_per_band(100 * 2 ** (np.arange(24) / 12), 150.0).round(4)
    np.float64(0.0833)
    """
    # learnable bands may have changed places
    centres = np.sort(np.asarray(centres, dtype=float))
    if np.min(at) < centres[0] or np.max(at) > centres[-1]:
        raise ValueError(
            f"{at} Hz is outside the range of the bands, {centres[0]:.0f} to {centres[-1]:.0f} Hz; "
            "choose a frequency within it"
        )
    return np.interp(at, centres, np.gradient(np.log2(centres)))


def _preference(t: np.ndarray, f: np.ndarray) -> np.ndarray:
    """Return the ratio of power at the best modulation to that at its mirror image, in decibels.

    Both the real and the imaginary part respond to a modulation and to its negative. `t` and `f`
    are the best modulation in units of the widths of the transfer.
    """
    power = np.logaddexp(0, -4 * (t**2 + f**2)) - np.logaddexp(-4 * t**2, -4 * f**2)
    return 10 / np.log(10) * power
