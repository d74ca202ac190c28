"""Scalar indices of the shape of modulation power, for filters and for sounds.

All functions take power `P(d, r)` over the modulation plane, (density, rate). Rates start at zero;
densities (positive for rising ripples) are symmetric around zero.

References
----------
N. C. Singh and F. E. Theunissen, "Modulation spectra of natural sounds and ethological theories of
auditory processing", JASA 114(6), 2003: separability and low-pass character of modulation spectra.

P. W. Hullett, L. S. Hamilton, N. Mesgarani, C. E. Schreiner and E. F. Chang, "Human superior
temporal gyrus organization of spectrotemporal modulation tuning derived from speech stimuli",
Journal of Neuroscience 36(6), 2016: marginals of the ensemble's modulation transfer.

D. A. Depireux, J. Z. Simon, D. J. Klein and S. A. Shamma, "Spectro-temporal response field
characterization with dynamic ripples in ferret primary auditory cortex", Journal of Neurophysiology
85(3), 2001: separability by squared singular values.
"""

from __future__ import annotations

import numpy as np


def marginals(power: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the marginals of power over temporal and over spectral modulation.

    The marginals are `sum_d P(d, r)` and `sum_r P(d, r)`, each divided by its maximum.

    Parameters
    ----------
    power : (density, rate) array

    Returns
    -------
    temporal : (rate,) array
    spectral : (density,) array

    Examples
    --------
    >>> marginals(np.array([[1.0, 0.0], [2.0, 1.0], [1.0, 0.0]]))
    (array([1.  , 0.25]), array([0.33333333, 1.        , 0.33333333]))
    """
    temporal, spectral = power.sum(axis=0), power.sum(axis=1)
    return temporal / temporal.max(), spectral / spectral.max()


def separability(power: np.ndarray, order: int = 1) -> float:
    """Return how close power is to a product of its marginals, from 0 to 1.

    Rising and falling ripples are treated separately, as quadrants are in physiology. The index is
    `sum_q w_q S_q / sum_q w_q` over both directions `q`, with `S_q = s_1^n / sum_i s_i^n`, where
    `s_i` are the singular values of a direction and `w_q` is its power. `S_q` is 1 if power is a
    product. Directions without power are skipped; the result is NaN if neither has any.

    Parameters
    ----------
    power : (density, rate) array
    order : int, optional
        Exponent `n`. Defaults to 1. 2 gives the index of Depireux et al. (2001): the largest share
        of energy that one product can explain.

    Examples
    --------
    >>> round(separability(np.outer([1.0, 2.0, 1.0], [3.0, 2.0, 1.0])), 6)
    1.0
    >>> power = np.array([[1.0, 0.0], [0.0, 3.0], [1.0, 0.0]])
    >>> round(separability(power), 6), round(separability(power, order=2), 6)
    (0.75, 0.9)
    """
    middle = len(power) // 2
    quadrants = [half for half in (power[: len(power) - middle], power[middle:]) if half.any()]
    if not quadrants:
        return float("nan")
    singular = [np.linalg.svd(quadrant, compute_uv=False) for quadrant in quadrants]
    values = [1 / np.sum((each / each[0]) ** order) for each in singular]
    return float(np.average(values, weights=[quadrant.sum() for quadrant in quadrants]))


def low_pass(marginal: np.ndarray) -> float:
    """Return the ratio of power at zero modulation to its maximum, `m(0) / max m`.

    It is 1 for low-pass transfer, and below 1/2 for band-pass transfer, after the 3 dB criterion of
    physiology.

    Parameters
    ----------
    marginal : (modulation,) array
        Power at increasing modulations, the first of which is zero.

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
    """Return the share of power at low rates and low densities.

    This is `sum P(d, r)` over `|d| <= highest_density` and `r <= highest_rate`, divided by
    `sum P(d, r)`.

    Parameters
    ----------
    power : (density, rate) array
    rates, densities : arrays
        Axes of `power`, in hertz and in cycles per octave.
    highest_rate, highest_density : float, optional
        Default to 16 Hz and 2 cycles per octave, the limits of good ripple detection by human
        listeners (Chi et al., JASA 106(5), 1999).

    Examples
    --------
    >>> low_share(np.ones((3, 2)), np.array([0.0, 20.0]), np.array([-1.0, 0.0, 1.0]))
    0.5
    """
    inside = (np.abs(densities)[:, None] <= highest_density) & (rates <= highest_rate)
    return float(power[inside].sum() / power.sum())


def asymmetry(power: np.ndarray) -> float:
    """Return the contrast of rising and falling power, `(up - down) / (up + down)`, from -1 to 1.

    `up` is `sum P(d, r)` over `d > 0` and `r > 0`, `down` that over `d < 0` and `r > 0`. Ripples at
    `r = 0` have no direction.

    Parameters
    ----------
    power : (density, rate) array
        The first rate must be zero.

    Examples
    --------
    >>> asymmetry(np.array([[9.0, 1.0], [5.0, 5.0], [9.0, 3.0]]))
    0.5
    """
    middle = len(power) // 2
    up, down = power[len(power) - middle :, 1:].sum(), power[:middle, 1:].sum()
    return float((up - down) / (up + down))
