"""Pictures of scores and references of validation chunks."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure

from pyannote_strf.analysis.pictures.style import BLUE, LIGHT, ORANGE


def chunks_figure(
    scores: np.ndarray, target: np.ndarray, duration: float, num_columns: int = 3
) -> Figure:
    """Draw the speech scores of chunks over time, with the annotated speech.

    Parameters
    ----------
    scores : (chunk, frame) array
        Scores from 0 to 1.
    target : (chunk, frame) array
        1 for speech, 0 for non-speech.
    duration : float
        Duration of a chunk, in seconds.
    num_columns : int, optional
        Number of columns of plots. Defaults to 3.

    Returns
    -------
    figure : Figure
    """
    num_rows = math.ceil(len(scores) / num_columns)
    figure = Figure(figsize=(9, 0.6 + 1.5 * num_rows), layout="constrained")
    axes = figure.subplots(num_rows, num_columns, sharex=True, sharey=True, squeeze=False)
    edges = np.linspace(0, duration, scores.shape[1] + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    for number, ax in enumerate(axes.flat):
        if number >= len(scores):
            ax.set_visible(False)
            continue
        ax.stairs(target[number], edges, fill=True, color=LIGHT, label="speech (reference)")
        ax.plot(middles, scores[number], color=BLUE, linewidth=1.2, label="speech score")
        ax.axhline(0.5, color=ORANGE, linestyle=":", linewidth=1)
    axes[0, 0].set(xlim=(0, duration), ylim=(0, 1.02), yticks=(0, 0.5, 1))
    figure.supxlabel("time in chunk (s)")
    figure.supylabel("score")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure
