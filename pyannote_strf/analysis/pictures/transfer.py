"""Pictures of modulation transfer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator

from pyannote_strf.analysis.filters.transfer import decibels
from pyannote_strf.analysis.pictures.style import BLUE, GREY, ORANGE

STYLES = ((BLUE, "-", 2.0), (GREY, "--", 1.2), (ORANGE, "-.", 1.5))


def plot_marginals(modulations: np.ndarray, curves: Mapping[str, np.ndarray], ax: Axes) -> Axes:
    """Power along one axis of the modulation plane, in decibels below its peak.

    Parameters
    ----------
    modulations : (modulation,) array
    curves : mapping of str to (modulation,) array
        Three at most, by what they belong to.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    for (label, power), (color, style, width) in zip(curves.items(), STYLES):
        ax.plot(modulations, decibels(power), style, color=color, linewidth=width, label=label)
    ax.set_ylim(-30, 1)
    ax.set_ylabel("power below its peak (dB)")
    return ax


def plot_truncation(energy_cut: np.ndarray, error: np.ndarray, ax: Axes) -> Axes:
    """How much kernels differ from the filters that they are cut out of.

    Parameters
    ----------
    energy_cut, error : (filter,) array
        Share of energy beyond the kernel, and largest difference of gain.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    ax.scatter(100 * energy_cut, 100 * error, 16, BLUE, alpha=0.7)
    ax.set_xscale("symlog", linthresh=1.0)
    ax.set_yscale("symlog", linthresh=1.0)
    ax.set_xlim(-0.1, 100)
    ax.set_ylim(-0.1, 100)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator([0, 1, 10, 100]))
        axis.set_major_formatter("{x:g}")
    ax.set_xlabel("energy cut off by the kernel (%)")
    ax.set_ylabel("largest difference of gain (%)")
    return ax
