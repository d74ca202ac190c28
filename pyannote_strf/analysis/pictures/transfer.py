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
    """Draw power along one axis of the modulation plane, in decibels relative to its peak.

    Parameters
    ----------
    modulations : (modulation,) array
    curves : mapping of str to (modulation,) array
        At most three curves of power, by label.
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
    """Draw how much truncated kernels differ from untruncated filters.

    Parameters
    ----------
    energy_cut : (filter,) array
        Share of energy outside the kernel.
    error : (filter,) array
        Largest difference of gain.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    ax.scatter(100 * energy_cut, 100 * error, s=16, c=BLUE, alpha=0.7)
    ax.set_xscale("symlog", linthresh=1.0)
    ax.set_yscale("symlog", linthresh=1.0)
    ax.set_xlim(-0.1, 100)
    ax.set_ylim(-0.1, 100)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator([0, 1, 10, 100]))
        axis.set_major_formatter("{x:g}")
    ax.set_xlabel("energy cut off by the kernel (%)")
    ax.set_ylabel("largest difference in gain (%)")
    return ax
