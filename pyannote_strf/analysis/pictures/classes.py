"""Pictures of the results of classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from pyannote_strf.analysis.pictures.style import BLUE, GREY, plain, shorten

# in inches
ROW = 0.2
LONGEST_NAME = 32

# right edges of columns of numbers, as ratios of the width of the axes
COLUMNS = (1.09, 1.19)


def classes_figure(
    classes: Sequence[str],
    average_precision: np.ndarray,
    intervals: np.ndarray,
    positives: np.ndarray,
    title: str,
) -> Figure:
    """Draw the average precision of each class, from the highest to the lowest.

    Parameters
    ----------
    classes : sequence of str
    average_precision : (class,) array
        Ratios. Classes with NaN come last, without a bar.
    intervals : (class, 2) array
        Limits of confidence intervals. NaN where they are not defined.
    positives : (class,) array of int
        Number of clips with each label.
    title : str
    """
    # NaN is sorted to the end
    order = np.argsort(-average_precision, kind="stable")
    values, rows = 100 * average_precision[order], np.arange(len(order))
    figure = Figure(figsize=(7, max(2.2, ROW * len(order) + 1.2)), layout="constrained")
    cast(ConstrainedLayoutEngine, figure.get_layout_engine()).set(w_pad=0.12)
    ax = figure.subplots()
    ax.barh(rows, np.nan_to_num(values), height=0.7, color=BLUE, alpha=0.45)
    ax.hlines(rows, *(100 * intervals[order].T), color=GREY, linewidth=1.5)
    # columns of numbers beside the bars
    beside = ax.get_yaxis_transform()
    above: dict[str, Any] = {
        "xytext": (0, 1),
        "textcoords": "offset points",
        "va": "bottom",
        "fontsize": 8,
    }
    known = values[~np.isnan(values)]
    if len(known):
        mean = known.mean()
        ax.axvline(mean, color="black", linewidth=0.8, linestyle="--")
        ax.annotate(f"mean {mean:.1f}", (mean, -0.6), ha="center", **above)
    names = [plain(shorten(classes[index], LONGEST_NAME)) for index in order]
    ax.set_yticks(rows, names, fontsize=8)
    for row, value, count in zip(rows, values, positives[order]):
        texts = "-" if np.isnan(value) else f"{value:.1f}", f"{count:,}"
        for x, text in zip(COLUMNS, texts):
            ax.text(x, float(row), text, transform=beside, va="center", ha="right", fontsize=8)
    for x, text in zip(COLUMNS, ("%", "clips")):
        ax.annotate(text, (x, -0.6), xycoords=beside, ha="right", color=GREY, **above)
    ax.set_xlim(0, 100)
    ax.set_ylim(len(order) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize=8)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.set_xlabel("average precision (%), 95 % confidence interval", fontsize=9)
    ax.set_title(plain(title), fontsize="medium", pad=18)
    return figure
