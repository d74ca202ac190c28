"""Shape of modulation power, in single numbers, for filters and for sounds alike.

All take power over the modulation plane, (density, rate): rates from zero up, densities (positive for
rising ripples) symmetric around zero.

References
----------
N. C. Singh and F. E. Theunissen, "Modulation spectra of natural sounds and ethological theories of
auditory processing", JASA 114(6), 2003: sounds are told apart by how separable, and how low-passed,
their modulation spectra are.

P. W. Hullett, L. S. Hamilton, N. Mesgarani, C. E. Schreiner and E. F. Chang, "Human superior temporal
gyrus organization of spectrotemporal modulation tuning derived from speech stimuli", Journal of
Neuroscience 36(6), 2016: marginals of the ensemble's modulation transfer.
"""

from __future__ import annotations

import numpy as np


def marginals(power: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Power over temporal modulation alone, and over spectral modulation alone.

    Parameters
    ----------
    power : (density, rate) array

    Returns
    -------
    temporal : (rate,) array
    spectral : (density,) array
        Each relative to its largest value.

    Examples
    --------
    >>> marginals(np.array([[1.0, 0.0], [2.0, 1.0], [1.0, 0.0]]))
    (array([1.  , 0.25]), array([0.33333333, 1.        , 0.33333333]))
    """
    temporal, spectral = power.sum(axis=0), power.sum(axis=1)
    return temporal / temporal.max(), spectral / spectral.max()


def separability(power: np.ndarray) -> float:
    """How well power is the product of its marginals: `s_1 / sum_i s_i`, of its singular values `s`.

    1 where power is such a product. Rising and falling ripples are taken apart, as quadrants are in
    physiology: the mean of both, weighted by their power.

    Parameters
    ----------
    power : (density, rate) array

    Examples
    --------
    >>> round(separability(np.outer([1.0, 2.0, 1.0], [3.0, 2.0, 1.0])), 6)
    1.0
    """
    middle = len(power) // 2
    quadrants = power[: len(power) - middle], power[middle:]
    singular = [np.linalg.svd(quadrant, compute_uv=False) for quadrant in quadrants]
    values = [values[0] / values.sum() for values in singular]
    return float(np.average(values, weights=[quadrant.sum() for quadrant in quadrants]))


def low_pass(marginal: np.ndarray) -> float:
    """Power at no modulation over the largest: 1 is low-pass, below one half is band-pass.

    The limit is that of 3 dB by which band-pass and low-pass transfer are told apart in physiology.

    Parameters
    ----------
    marginal : (modulation,) array
        From no modulation up.

    Examples
    --------
    >>> low_pass(np.array([0.4, 0.8, 0.2]))
    0.5
    """
    return float(marginal[0] / marginal.max())


def low_share(
    power: np.ndarray,
    rates: np.ndarray,
    densities: np.ndarray,
    highest_rate: float = 16.0,
    highest_density: float = 2.0,
) -> float:
    """Share of power at rates and densities that are both low.

    Parameters
    ----------
    power : (density, rate) array
    rates, densities : arrays
        In hertz, and in cycles per octave.
    highest_rate, highest_density : float, optional
        Default to 16 Hz and 2 cycles per octave, up to which people hear ripples well (Chi et al.,
        JASA 106(5), 1999).

    Examples
    --------
    >>> low_share(np.ones((3, 2)), np.array([0.0, 20.0]), np.array([-1.0, 0.0, 1.0]))
    0.5
    """
    inside = (np.abs(densities)[:, None] <= highest_density) & (rates <= highest_rate)
    return float(power[inside].sum() / power.sum())


def asymmetry(power: np.ndarray) -> float:
    """Power of rising over that of falling ripples: `(up - down) / (up + down)`, from -1 to 1.

    Parameters
    ----------
    power : (density, rate) array

    Examples
    --------
    >>> asymmetry(np.array([[1.0, 1.0], [5.0, 5.0], [3.0, 3.0]]))
    0.5
    """
    middle = len(power) // 2
    up, down = power[len(power) - middle :].sum(), power[:middle].sum()
    return float((up - down) / (up + down))
