"""Pictures of confusion matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from pyannote_strf.analysis.pictures.style import plain, shorten

# in inches
CELL = 0.26
LONGEST_NAME = 24


def confusion_figure(counts: np.ndarray, classes: Sequence[str], title: str) -> Figure:
    """Draw a confusion matrix. Colours are proportions of the clips of each class.

    Parameters
    ----------
    counts : (class, class) array of int
        Rows are classes of the reference.
    classes : sequence of str
    title : str
    """
    totals = counts.sum(axis=1, keepdims=True)
    rates = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    side = max(4.0, CELL * len(classes) + 2.2)
    figure = Figure(figsize=(side, side), layout="constrained")
    ax = figure.subplots()
    ax.imshow(rates, cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(counts)):
        color = "white" if rates[row, column] > 0.5 else "black"
        text = str(counts[row, column])
        ax.text(column, row, text, color=color, ha="center", va="center", fontsize=7)
    names = [plain(shorten(name, LONGEST_NAME)) for name in classes]
    ax.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.tick_params(length=0)
    ax.set_xlabel("predicted")
    ax.set_ylabel("reference")
    ax.set_title(plain(title), fontsize="medium")
    return figure
