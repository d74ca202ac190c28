"""Modulation transfer of spectro-temporal filters, in closed form and from their kernels."""

from __future__ import annotations

import numpy as np
import torch

from pyannote_strf.layers.strf import STRFConv2d


def parameters(layer: STRFConv2d) -> tuple[np.ndarray, ...]:
    """Return `sigma_t`, `sigma_f`, `omega` and `gamma`, each an array of shape (filter,).

    `sigma_t` is in frames, `sigma_f` in bands, `omega` in radians per bin, `gamma` in radians.

    Raises
    ------
    ValueError
        If the layer has several input channels.
    """
    if layer.in_channels != 1:
        raise ValueError(f"the layer must have one input channel, got {layer.in_channels}")
    names = ("sigma_t", "sigma_f", "omega", "gamma")
    return tuple(getattr(layer, name)[:, 0].detach().cpu().double().numpy() for name in names)


def transfer(layer: STRFConv2d, per_frame: np.ndarray, per_band: np.ndarray) -> np.ndarray:
    """Return the gain of complex filters for modulations, in closed form.

    This is the Fourier transform of the untruncated kernel,
    `exp(-(sigma_t^2 (a - omega cos gamma)^2 + sigma_f^2 (b - omega sin gamma)^2) / 2)`.

    Parameters
    ----------
    layer : STRFConv2d
    per_frame, per_band : arrays that broadcast to a grid
        Modulations `a / 2 pi` and `b / 2 pi`, in cycles per frame and per band.

    Returns
    -------
    gain : (filter, *grid) array
        The gain at the best modulation is 1.
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
    """Return the gain of the truncated kernels for modulations, by their Fourier transform.

    Parameters
    ----------
    layer : STRFConv2d
    per_frame, per_band : (rate,) and (density,) arrays
        Modulations, in cycles per frame and per band.

    Returns
    -------
    gain : (filter, density, rate) array
    """
    kernels = layer.kernels()[:, 0].cpu().to(torch.complex128).numpy()
    bands, frames = (np.arange(size) - (size - 1) / 2 for size in layer.kernel_size)
    over_bands = np.exp(-2j * np.pi * np.outer(per_band, bands))
    over_frames = np.exp(-2j * np.pi * np.outer(frames, per_frame))
    return np.abs(over_bands @ kernels @ over_frames)


def ensemble(layer: STRFConv2d, per_frame: np.ndarray, per_band: np.ndarray) -> np.ndarray:
    """Return the mean power transfer of all kernels, summed over both signs of a modulation.

    Parameters
    ----------
    layer : STRFConv2d
    per_frame, per_band : (rate,) and (density,) arrays
        Modulations, in cycles per frame and per band. Positive `per_band` means rising ripples.

    Returns
    -------
    power : (density, rate) array
    """
    one = measured_transfer(layer, per_frame, -per_band)
    other = measured_transfer(layer, -per_frame, per_band)
    return np.mean(one**2 + other**2, axis=0)


def truncation_error(layer: STRFConv2d, num_steps: int = 80) -> np.ndarray:
    """Return the largest difference between the gains in closed form and of kernels, (filter,).

    The maximum is over the whole plane, with `num_steps` along each axis (80 by default). By
    Parseval's theorem, the mean squared difference is the share of energy that is cut off. The
    maximum is larger: the tails of a Gaussian hold more of its sum than of its energy, so that
    cutting off 1 % of the energy changes the gain by about 7 %.
    """
    per_frame, per_band = np.linspace(-0.5, 0.5, num_steps), np.linspace(-0.5, 0.5, num_steps)
    closed = transfer(layer, per_frame[None, :], per_band[:, None])
    return np.abs(closed - measured_transfer(layer, per_frame, per_band)).max(axis=(1, 2))


def energy_cut(layer: STRFConv2d) -> np.ndarray:
    """Return the share of each filter's energy that lies outside its kernel, (filter,)."""
    sigma_t, sigma_f, *_ = parameters(layer)
    kept = np.ones_like(sigma_t)
    for taps, sigma in zip(layer.kernel_size, (sigma_f, sigma_t)):
        reach = int(np.ceil(8 * sigma.max())) + taps
        distance = np.arange(-reach, reach + 1) - (1 - taps % 2) / 2
        energy = np.exp(-((distance / sigma[:, None]) ** 2))
        kept = kept * energy[:, np.abs(distance) <= (taps - 1) / 2].sum(1) / energy.sum(1)
    return 1 - kept


def decibels(power: np.ndarray) -> np.ndarray:
    """Return power in decibels relative to its peak, clipped at -60 dB.

    >>> decibels(np.array([1.0, 0.1, 0.0]))
    array([  0., -10., -60.])
    """
    return 10 * np.log10(np.maximum(power / power.max(), 1e-6))
