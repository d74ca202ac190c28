"""Pictures of distances between models."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy.cluster.hierarchy import dendrogram

from pyannote_strf.analysis.filters.distances import Distances
from pyannote_strf.analysis.pictures.style import BLUE, GREY, plain, shorten

MAX_MODELS_WITH_VALUES = 8

# letters of a label, of one of its lines, and of all labels below a matrix
MAX_LETTERS, MAX_LETTERS_IN_LINE, MAX_LETTERS_BELOW = 66, 28, 70

# a line ends at one of these marks if that fills at least three quarters of it
LINE = re.compile(r".{1,28}$|.{21,27}[-_./ ]|.{1,28}")


def labels(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return two sets of labels of models: full labels, and brief ones for small spaces.

    Full labels have at most three lines. If names are long, models are numbered, and brief labels
    are the numbers alone; labels stay distinct even if the middle of a name is left out.

    >>> labels(["seed0", "seed1"])
    (['seed0', 'seed1'], ['seed0', 'seed1'])
    >>> labels(["seed0", "seed1-of-the-learning-rate-0.001"])
    (['1: seed0', '2: seed1-of-the-learning-\\nrate-0.001'], ['1', '2'])
    """
    if max(map(len, names)) <= MAX_LETTERS_IN_LINE and len("".join(names)) <= MAX_LETTERS_BELOW:
        short = [plain(name) for name in names]
        return short, short
    numbers = [str(number) for number in range(1, len(names) + 1)]
    numbered = (f"{number}: {name}" for number, name in zip(numbers, names))
    lines = (LINE.findall(shorten(label, MAX_LETTERS)) for label in numbered)
    return [plain("\n".join(label)) for label in lines], numbers


def plot_matrix(names: Sequence[str], distances: Distances, ax: Axes) -> Axes:
    """Draw distances between all pairs of models, with their margins and chance levels.

    A star marks pairs with an adjusted p-value below 0.05. With more than eight models, numbers do
    not fit into the cells, and only colours are shown.

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
    for i, j in np.argwhere(~same) if len(names) <= MAX_MODELS_WITH_VALUES else ():
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
    """Draw the hierarchy of models as a dendrogram.

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
    """Draw models as points on a plane.

    Parameters
    ----------
    names : sequence of str
    points : (model, 2) array
        See :func:`~pyannote_strf.analysis.filters.distances.classical_scaling`.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    _, brief = labels(names)
    ax.scatter(points[:, 0], points[:, 1], s=36, c=BLUE)
    # labels of neighbours from left to right alternate between above and below
    for place, number in enumerate(np.argsort(points[:, 0])):
        ax.annotate(
            brief[number],
            points[number],
            (0, -14 if place % 2 else 7),
            textcoords="offset points",
            fontsize="small",
            ha="center",
        )
    # equal scales of both axes discard margins
    room = 0.3 * np.ptp(points, axis=0).max()
    ax.update_datalim([points.min(axis=0) - room, points.max(axis=0) + room])
    ax.autoscale_view()
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel("standard deviations")
    ax.set_ylabel("standard deviations")
    return ax
