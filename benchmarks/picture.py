"""Picture of front-ends in several tasks."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from options import FRONTENDS
from summary import REFERENCE, Compared

from pyannote_strf.analysis.pictures.style import BLUE, GREY, LIGHT, ORANGE
from pyannote_strf.files import atomic_write

# colour of front-ends by what they learn
STRF = {"strf", "hybrid", "strf_free", "strf_sincgram"}
# width of a column of a page, in inches
WIDTH = 3.5
COLUMNS = 2

# errors of more than this times the median are written beside the axis, which others need
FAR = 5.0


def write_picture(comparisons: Mapping[str, Compared], path: Path) -> None:
    """Write a picture as PNG and SVG. Nothing is written without results."""
    if not any(each.comparison for each in comparisons.values()):
        return
    figure = frontends_figure(comparisons)
    # the same results give the same files
    with rc_context({"svg.hashsalt": path.name}):
        for suffix, metadata in (("png", {}), ("svg", {"Date": None})):
            with atomic_write(path.with_suffix(f".{suffix}")) as temporary:
                figure.savefig(temporary, format=suffix, dpi=300, metadata=metadata)


def frontends_figure(comparisons: Mapping[str, Compared]) -> Figure:
    """Draw the results of front-ends, one panel per task, in the order of tables."""
    shown = {name: each for name, each in comparisons.items() if each.comparison}
    rows = [
        frontend for frontend in FRONTENDS if any(each.results[frontend] for each in shown.values())
    ]
    columns = min(COLUMNS, len(shown))
    lines = math.ceil(len(shown) / columns)
    height = 0.5 + lines * (0.7 + 0.115 * len(rows))
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    panels = figure.subplots(lines, columns, sharey=True, squeeze=False).flat
    for ax, each in zip_longest(panels, shown.values()):
        if each is None:
            ax.set_visible(False)
        else:
            plot_task(each, rows, ax)
    panels[0].set_yticks(range(len(rows)), rows)
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    figure.legend(handles=_marks(), loc="outside lower center", ncols=2, fontsize=6, frameon=False)
    return figure


def plot_task(each: Compared, rows: list[str], ax: Axes) -> Axes:
    """Draw means, their intervals and the result of each seed. Write errors that are far larger.

    Parameters
    ----------
    each : Compared
    rows : list of str
        Names of front-ends, from top to bottom.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    comparison = each.comparison
    assert comparison is not None
    means = {name: comparison.mean(name) for name in rows if each.results[name]}
    most = FAR * statistics.median(mean.value for mean in means.values())
    for row, frontend in enumerate(rows):
        if frontend in each.refused:
            _write(ax, row, 0.5, "not supported", GREY)
        if frontend not in means:
            continue
        colour = ORANGE if frontend in STRF else "black" if frontend == REFERENCE else BLUE
        mean, low, high = means[frontend]
        if mean > most and not each.task.higher_is_better:
            _write(ax, row, 0.85, f"{mean:.1f} →", colour)
            continue
        ax.plot([low, high], [row, row], color=colour, linewidth=1, alpha=0.6)
        seeds = comparison.by_seed(frontend)
        if len(seeds) > 1:
            ax.plot(seeds, [row] * len(seeds), "|", color=colour, markersize=6, mew=0.8)
        marker = "o" if len(seeds) > 1 else "D"
        filled = colour if len(seeds) > 1 else "white"
        ax.plot(mean, row, marker, color=colour, markerfacecolor=filled, markersize=3.5)
        if frontend == REFERENCE:
            ax.axvline(mean, color=LIGHT, linewidth=0.8, linestyle="--", zorder=0)
    for row in range(len(rows)):
        ax.axhline(row, color=LIGHT, linewidth=0.3, zorder=-1)
    ax.set_title(f"{each.task.title}\n{each.task.corpus}", fontsize=6.5)
    better = (
        f"{each.task.metric} (%) →" if each.task.higher_is_better else f"← {each.task.metric} (%)"
    )
    ax.set_xlabel(better, fontsize=6.5)
    ax.tick_params(labelsize=6)
    ax.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    return ax


def _write(ax: Axes, row: int, position: float, text: str, colour: str) -> None:
    """Write a text in a row, at a position relative to the axis."""
    ax.annotate(
        text,
        (position, row),
        xycoords=("axes fraction", "data"),
        ha="center",
        va="center",
        fontsize=5.5,
        color=colour,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )


def _marks() -> list[Line2D]:
    """Return the explanation of marks."""
    return [
        Line2D([], [], marker="o", color=GREY, markersize=3.5, label="mean over seeds, 95 %"),
        Line2D([], [], marker="D", color=GREY, mfc="white", markersize=3.5, label="one seed, 95 %"),
        Line2D([], [], marker="|", color=GREY, linestyle="", markersize=6, label="each seed"),
        Line2D([], [], color=LIGHT, linestyle="--", label=f"mean of {REFERENCE}"),
        Line2D([], [], marker="$\\rightarrow$", color="black", linestyle="", label="better"),
    ]
