"""Pictures of how far models lie from each other."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy.cluster.hierarchy import dendrogram

from pyannote_strf.analysis.filters.distances import Distances
from pyannote_strf.analysis.pictures.style import BLUE, GREY, plain, shortened

MOST_WITH_FIGURES = 8

# letters of a label, of one line of it, and of all labels together below a matrix
MOST_LETTERS, MOST_IN_LINE, MOST_BELOW = 66, 28, 70

# a line ends at one of these marks if it is three quarters full there
LINE = re.compile(r".{1,28}$|.{21,27}[-_./ ]|.{1,28}")


def labels(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Labels of models beside a picture, in three lines at most, and within or below it.

    Where names are long, models are numbered: labels differ even where the middle of a name is
    left out.

    >>> labels(["seed0", "seed1"])
    (['seed0', 'seed1'], ['seed0', 'seed1'])
    >>> labels(["seed0", "seed1-of-the-learning-rate-0.001"])
    (['1: seed0', '2: seed1-of-the-learning-\\nrate-0.001'], ['1', '2'])
    """
    if max(map(len, names)) <= MOST_IN_LINE and len("".join(names)) <= MOST_BELOW:
        short = [plain(name) for name in names]
        return short, short
    numbers = [str(number) for number in range(1, len(names) + 1)]
    numbered = (f"{number}: {name}" for number, name in zip(numbers, names))
    lines = (LINE.findall(shortened(label, MOST_LETTERS)) for label in numbered)
    return [plain("\n".join(of_one)) for of_one in lines], numbers


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
    beside, below = labels(names)
    ax.set_xticks(range(len(names)), below)
    ax.set_yticks(range(len(names)), beside)
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
    beside, _ = labels(names)
    dendrogram(
        tree,
        labels=beside,
        orientation="left",
        ax=ax,
        color_threshold=0,
        above_threshold_color=GREY,
    )
    ax.tick_params(axis="y", labelsize="small")
    ax.set_xlabel("distance at which groups are joined\n(standard deviations)")
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
    _, brief = labels(names)
    ax.scatter(*points.T, 36, BLUE)
    # neighbours from left to right are labelled above and below in turn
    for place, number in enumerate(np.argsort(points[:, 0])):
        ax.annotate(
            brief[number],
            points[number],
            (0, -14 if place % 2 else 7),
            textcoords="offset points",
            fontsize="small",
            ha="center",
        )
    # margins do not last where the scales of both axes are made equal
    room = 0.3 * np.ptp(points, axis=0).max()
    ax.update_datalim([points.min(axis=0) - room, points.max(axis=0) + room])
    ax.autoscale_view()
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel("standard deviations")
    ax.set_ylabel("standard deviations")
    return ax
