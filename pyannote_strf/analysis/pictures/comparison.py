"""Pictures of the results of several systems."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from pyannote_strf.analysis.pictures.style import BLUE, GREY, ORANGE, plain, shorten
from pyannote_strf.metrics.paired_bootstrap import Estimate

# bars up to this number have names
MOST_NAMES = 40
LONGEST_NAME = 32


def comparison_figure(
    systems: Sequence[str],
    metric: str,
    totals: Sequence[Estimate | None],
    item_metric: str,
    items: Sequence[str],
    values: np.ndarray,
) -> Figure:
    """Draw the errors of systems, and who is better on which file.

    Parameters
    ----------
    systems : sequence of str
        Names of systems. Files are compared with the first.
    metric : str
        Name of the metric of totals, and which values are better.
    totals : sequence of Estimate or None
        Value of each system, with its confidence interval.
    item_metric : str
        Name of the metric of files, lower is better.
    items : sequence of str
        Names of files.
    values : (system, item) array
        Ratios. Files with NaN are skipped.
    """
    named = len(items) <= MOST_NAMES
    height = max(2.6, 0.28 * len(items) + 1.6) if named else 4.0
    figure = Figure(
        figsize=(10, 1.2 + 0.4 * len(systems) + height * (len(systems) - 1)), layout="constrained"
    )
    axes = figure.subplots(
        len(systems), 1, height_ratios=[0.5 + 0.4 * len(systems)] + [height] * (len(systems) - 1)
    )
    plot_totals(systems, metric, totals, axes[0])
    differences = values[1:] - values[0]
    most = 105 * max(np.nanmax(np.abs(differences), initial=0.0), 0.001)
    for ax, system, each in zip(axes[1:], systems[1:], differences):
        plot_differences(items, each, (systems[0], system), item_metric, ax)
        ax.set_xlim(-most, most)
    return figure


def plot_totals(
    systems: Sequence[str], metric: str, totals: Sequence[Estimate | None], ax: Axes
) -> Axes:
    """Draw the value of each system, with its 95 % confidence interval.

    Parameters
    ----------
    systems : sequence of str
    metric : str
        Name of the metric.
    totals : sequence of Estimate or None
        Ratios.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    for row, total in enumerate(totals):
        if total is not None:
            ax.plot([100 * total.low, 100 * total.high], [row, row], color=GREY, linewidth=2)
            ax.plot(100 * total.value, row, "o", color="black", markersize=6)
            ax.annotate(
                f"{100 * total.value:.2f}",
                (100 * total.value, row),
                (0, 6),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize="small",
            )
    ax.set_yticks(range(len(systems)), [plain(shorten(name, LONGEST_NAME)) for name in systems])
    ax.set_ylim(len(systems) - 0.5, -0.7)
    ax.set_xlabel(f"{metric} (%, with 95 % confidence interval)")
    _strip(ax)
    return ax


def plot_differences(
    items: Sequence[str],
    differences: ArrayLike,
    systems: tuple[str, str],
    metric: str,
    ax: Axes,
) -> Axes:
    """Draw how much better the second of two systems is on each file, as sorted bars.

    Parameters
    ----------
    items : sequence of str
        Names of files.
    differences : (item,) array-like
        Errors of the second system minus errors of the first, as ratios. NaN is skipped.
    systems : (str, str)
        Names of both systems.
    metric : str
        Name of the metric.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    points = 100 * np.asarray(differences, dtype=float)
    known = np.flatnonzero(~np.isnan(points))
    order = known[np.argsort(points[known], kind="stable")]
    points = points[order]
    first, second = (plain(shorten(name, LONGEST_NAME)) for name in systems)
    better, worse = int((points < 0).sum()), int((points > 0).sum())
    ax.barh(
        range(len(points)),
        points,
        height=1.0 if len(points) > MOST_NAMES else 0.7,
        color=np.where(points < 0, BLUE, ORANGE).tolist(),
    )
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_ylim(len(points) - 0.4, -0.6)
    if len(points) <= MOST_NAMES:
        names = [plain(shorten(items[index], LONGEST_NAME)) for index in order]
        ax.set_yticks(range(len(points)), names, fontsize="small")
    else:
        ax.set_yticks([])
        ax.set_ylabel(f"{len(points)} files")
    ax.set_title(
        f"← {second} is better on {_files(better)}", loc="left", color=BLUE, fontsize="medium"
    )
    ax.set_title(
        f"{first} is better on {_files(worse)} →", loc="right", color=ORANGE, fontsize="medium"
    )
    ax.set_xlabel(f"difference of {metric} (percentage points)")
    _strip(ax)
    return ax


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def _strip(ax: Axes) -> None:
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="y", length=0)
