"""Pictures of the importance of filters."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from pyannote_strf.analysis.filters.units import Filters
from pyannote_strf.analysis.pictures.style import DIRECTIONS


def plot_importance(filters: Filters, gradient: np.ndarray, increase: np.ndarray, ax: Axes) -> Axes:
    """Draw the increase of the error without each filter over gradient times activation.

    Parameters
    ----------
    filters : Filters
    gradient : (filter,) array
        Gradient times activation.
    increase : (filter,) array
        Increase of the error without each filter, in percentage points.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    for direction, (color, marker) in DIRECTIONS.items():
        chosen = filters.direction == direction
        ax.scatter(
            gradient[chosen],
            increase[chosen],
            s=28,
            c=color,
            marker=marker,
            label=direction,
            alpha=0.8,
        )
    for number in np.argsort(-np.abs(increase))[:5]:
        ax.annotate(
            f"{number}",
            (gradient[number], increase[number]),
            (4, 3),
            textcoords="offset points",
            fontsize="small",
        )
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set_xlabel("gradient x activation")
    ax.set_ylabel("increase of the error without the filter (percentage points)")
    ax.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax
