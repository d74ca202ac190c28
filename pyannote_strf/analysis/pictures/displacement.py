"""Pictures of the displacement of filters during training."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from pyannote_strf.analysis.filters.displacement import PermutationTest
from pyannote_strf.analysis.pictures.style import BLUE, ORANGE


def plot_distances(distances: np.ndarray, origin: PermutationTest, ax: Axes) -> Axes:
    """Draw a histogram of the distances of filters from their initial state.

    Parameters
    ----------
    distances : (filter,) array
        Jensen-Shannon distance of each filter from its initial state.
    origin : PermutationTest
        See :func:`~pyannote_strf.analysis.filters.displacement.origin_test`.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    ax.hist(distances, bins=np.linspace(0, 1, 21).tolist(), color=BLUE, alpha=0.85)
    lines = (
        (origin.observed, BLUE, "-", f"mean, {origin.observed:.2f}"),
        (origin.by_chance, ORANGE, "--", f"mean to other initial filters, {origin.by_chance:.2f}"),
    )
    for value, color, style, label in lines:
        ax.axvline(value, color=color, linestyle=style, linewidth=2, label=label)
    ax.set_xlim(0, 1)
    ax.set_xlabel("Jensen-Shannon distance from the initial response")
    ax.set_ylabel("number of filters")
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax
