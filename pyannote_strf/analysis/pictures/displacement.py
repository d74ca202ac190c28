"""Pictures of how far training has moved filters."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from pyannote_strf.analysis.filters.displacement import PermutationTest
from pyannote_strf.analysis.pictures.style import BLUE, ORANGE


def plot_distances(distances: np.ndarray, origin: PermutationTest, ax: Axes) -> Axes:
    """How many filters are how far from where they began, and how far from where others did.

    Parameters
    ----------
    distances : (filter,) array
        Jensen-Shannon distances from where each filter began.
    origin : PermutationTest
        See :func:`~pyannote_strf.analysis.filters.displacement.origin_test`.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    ax.hist(distances, bins=np.linspace(0, 1, 21), color=BLUE, alpha=0.85)
    lines = (
        (origin.observed, BLUE, "-", f"mean, {origin.observed:.2f}"),
        (origin.by_chance, ORANGE, "--", f"mean from where others began, {origin.by_chance:.2f}"),
    )
    for value, color, style, label in lines:
        ax.axvline(value, color=color, linestyle=style, linewidth=2, label=label)
    ax.set_xlim(0, 1)
    ax.set_xlabel("Jensen-Shannon distance between responses, then and now")
    ax.set_ylabel("filters")
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax
