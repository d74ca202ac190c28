"""Pictures of how far models lie from each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy.cluster.hierarchy import dendrogram

from pyannote_strf.analysis.filters.distances import Distances
from pyannote_strf.analysis.pictures.style import BLUE, GREY, plain

MOST_WITH_FIGURES = 8

# names longer than this together do not fit below a matrix
MOST_LETTERS = 70


def plot_matrix(names: Sequence[str], distances: Distances, ax: Axes) -> Axes:
    """Distances between all pairs, with their margins and what chance would give.

    A star marks those where chance gives as much in less than 5 % of discoveries. Figures of more than
    eight models do not fit into their cells, and are left to colours.

    Parameters
    ----------
    names : sequence of str
    distances : Distances
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    same = np.eye(len(names), dtype=bool)
    shown = np.where(same, np.nan, distances.values)
    image = ax.imshow(shown, cmap="Blues", vmin=0, aspect="auto")
    dark = 0.6 * np.nanmax(shown)
    for i, j in np.argwhere(~same) if len(names) <= MOST_WITH_FIGURES else ():
        star = " *" if distances.p[i, j] < 0.05 else ""
        ax.text(
            j,
            i,
            f"{distances.values[i, j]:.2f} ± {distances.margin[i, j]:.2f}{star}\n"
            f"chance {distances.by_chance[i, j]:.2f}",
            ha="center",
            va="center",
            fontsize=max(5.0, 10 - 0.4 * len(names)),
            color="white" if distances.values[i, j] > dark else "black",
        )
    names = [plain(name) for name in names]
    slanted = {"rotation": 30, "ha": "right"} if len("".join(names)) > MOST_LETTERS else {}
    ax.set_xticks(range(len(names)), names, **slanted)
    ax.set_yticks(range(len(names)), names)
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.04, pad=0.02)
    bar.set_label("Wasserstein distance\n(standard deviations)")
    return ax


def plot_tree(names: Sequence[str], tree: np.ndarray, ax: Axes) -> Axes:
    """Hierarchy of models.

    Parameters
    ----------
    names : sequence of str
    tree : array
        See :func:`~pyannote_strf.analysis.filters.distances.tree`.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    dendrogram(
        tree,
        labels=[plain(name) for name in names],
        orientation="left",
        ax=ax,
        color_threshold=0,
        above_threshold_color=GREY,
    )
    ax.set_xlabel("distance at which groups are joined (standard deviations)")
    ax.spines[["top", "left", "right"]].set_visible(False)
    return ax


def plot_map(names: Sequence[str], points: np.ndarray, ax: Axes) -> Axes:
    """Models on a plane.

    Parameters
    ----------
    names : sequence of str
    points : (model, 2) array
        See :func:`~pyannote_strf.analysis.filters.distances.plane_map`.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    ax.scatter(*points.T, 36, BLUE)
    # neighbours from left to right are labelled above and below in turn
    for place, number in enumerate(np.argsort(points[:, 0])):
        ax.annotate(
            plain(names[number]),
            points[number],
            (0, -14 if place % 2 else 7),
            textcoords="offset points",
            fontsize="small",
            ha="center",
        )
    ax.set_aspect("equal", adjustable="datalim")
    ax.margins(0.3)
    ax.set_xlabel("standard deviations")
    ax.set_ylabel("standard deviations")
    return ax
