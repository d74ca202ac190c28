"""Spectro-temporal filters in the units of auditory neuroscience."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch

from pyannote_strf.layers.strf import STRFConv2d

HALF_POWER = 2 * np.sqrt(np.log(2))
HALF_MAXIMUM = 2 * np.sqrt(2 * np.log(2))

# below this ratio of gains towards both directions, in decibels, a filter takes no side
DIRECTED = 3.0


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
        "up", "down", or "none" for filters whose gain for rising and falling ripples of their rate
        and density differ by less than 3 dB (as separable ones).
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

    def rows(self) -> list[dict[str, float | str]]:
        """One dictionary for each filter."""
        names = [field.name for field in fields(self)]
        return [dict(zip(names, row)) for row in zip(*(getattr(self, n).tolist() for n in names))]


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
    >>> layer = STRFConv2d(1, 1, (9, 111))
    >>> layer.assign(*torch.tensor([9.0, 2.0, 0.5, torch.pi / 3]).reshape(4, 1, 1))
    >>> (filters,) = describe(layer, 0.01, 200 * 2 ** (np.arange(64) / 12)).rows()
    >>> round(filters["rate"], 2), round(filters["density"], 2), filters["direction"]
    (3.98, -0.83, 'down')
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
        direction=np.where(preference < DIRECTED, "none", np.where(rising > 0, "up", "down")),
        rate_bandwidth=rate_bandwidth,
        density_bandwidth=density_bandwidth,
        rate_quality=rate / rate_bandwidth,
        density_quality=np.abs(density_per_bin / octaves) / density_bandwidth,
        duration=1000 * HALF_MAXIMUM * sigma_t * hop,
        extent=HALF_MAXIMUM * sigma_f * octaves,
        energy_cut=energy_cut(layer),
    )


def parameters(layer: STRFConv2d) -> tuple[np.ndarray, ...]:
    """`sigma_t`, `sigma_f`, `omega` and `gamma` of each filter, all (filter,), in bins."""
    if layer.in_channels != 1:
        raise ValueError(f"filters are read over one input channel, got {layer.in_channels}")
    names = ("sigma_t", "sigma_f", "omega", "gamma")
    return tuple(getattr(layer, name)[:, 0].detach().double().cpu().numpy() for name in names)


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
            f"{at} Hz is outside of the bands, {centres[0]:.0f} to {centres[-1]:.0f} Hz"
        )
    return np.interp(at, centres, np.gradient(np.log2(centres)))


def transfer(layer: STRFConv2d, per_frame: np.ndarray, per_band: np.ndarray) -> np.ndarray:
    """Gain of complex filters for modulations, in closed form.

    Fourier transform of the layer's kernel without its ends,
    `exp(-(sigma_t^2 (a - omega cos gamma)^2 + sigma_f^2 (b - omega sin gamma)^2) / 2)`.

    Parameters
    ----------
    layer : STRFConv2d
    per_frame, per_band : arrays that broadcast to a grid
        Modulations `a` and `b`, in cycles per frame and per band.

    Returns
    -------
    gain : (filter, *grid) array
        1 at the best modulation.
    """
    sigma_t, sigma_f, omega, gamma = (
        p.reshape(-1, *[1] * np.broadcast(per_frame, per_band).ndim) for p in parameters(layer)
    )
    a, b = 2 * np.pi * np.asarray(per_frame), 2 * np.pi * np.asarray(per_band)
    distance = (sigma_t * (a - omega * np.cos(gamma))) ** 2
    distance = distance + (sigma_f * (b - omega * np.sin(gamma))) ** 2
    return np.exp(-0.5 * distance)


@torch.no_grad()
def measured_transfer(layer: STRFConv2d, per_frame: np.ndarray, per_band: np.ndarray) -> np.ndarray:
    """Gain of the kernels that are used, ends cut off, for modulations: their Fourier transform.

    Parameters
    ----------
    layer : STRFConv2d
    per_frame, per_band : (rate,) and (density,) arrays
        In cycles per frame and per band.

    Returns
    -------
    gain : (filter, density, rate) array
    """
    kernels = layer.kernels()[:, 0].to(torch.complex128).cpu().numpy()
    bands, frames = (np.arange(size) - (size - 1) / 2 for size in layer.kernel_size)
    over_bands = np.exp(-2j * np.pi * np.outer(per_band, bands))
    over_frames = np.exp(-2j * np.pi * np.outer(frames, per_frame))
    return np.abs(over_bands @ kernels @ over_frames)


def ensemble(layer: STRFConv2d, per_frame: np.ndarray, per_band: np.ndarray) -> np.ndarray:
    """Mean power transfer of all kernels that are used, whichever sign their modulation has.

    Parameters
    ----------
    layer : STRFConv2d
    per_frame, per_band : (rate,) and (density,) arrays
        In cycles per frame and per band; ripples rise where `per_band` is positive.

    Returns
    -------
    power : (density, rate) array
    """
    one = measured_transfer(layer, per_frame, -per_band)
    other = measured_transfer(layer, -per_frame, per_band)
    return np.mean(one**2 + other**2, axis=0)


def energy_cut(layer: STRFConv2d) -> np.ndarray:
    """Share of each filter's energy that lies beyond its kernel, (filter,)."""
    sigma_t, sigma_f, *_ = parameters(layer)
    kept = np.ones_like(sigma_t)
    for taps, sigma in zip(layer.kernel_size, (sigma_f, sigma_t)):
        reach = int(np.ceil(8 * sigma.max())) + taps
        distance = np.arange(-reach, reach + 1) - (1 - taps % 2) / 2
        energy = np.exp(-((distance / sigma[:, None]) ** 2))
        kept = kept * energy[:, np.abs(distance) <= (taps - 1) / 2].sum(1) / energy.sum(1)
    return 1 - kept


def _preference(t: np.ndarray, f: np.ndarray) -> np.ndarray:
    """Gain of the real part at the best modulation over that at its mirror image, in decibels.

    Both are of one envelope and its negative modulation; `t` and `f` are in units of their widths.
    """
    gain = np.logaddexp(0, -2 * (t**2 + f**2)) - np.logaddexp(-2 * t**2, -2 * f**2)
    return 20 / np.log(10) * gain
