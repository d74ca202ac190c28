"""Pictures of modulation transfer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from pyannote_strf.analysis.pictures.colours import BLUE, GREY, ORANGE

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
        decibels = 10 * np.log10(np.maximum(power / power.max(), 1e-6))
        ax.plot(modulations, decibels, style, color=color, linewidth=width, label=label)
    ax.set_ylim(-30, 1)
    ax.set_ylabel("power below its peak (dB)")
    return ax
