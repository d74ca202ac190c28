"""Pictures of speech activity over time."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from pyannote.core import Annotation, SlidingWindowFeature

from pyannote_strf.analysis.pictures.style import BLUE, GREY, ORANGE


def plot_waveform(waveform: np.ndarray, sample_rate: int, ax: Axes) -> Axes:
    """Draw a waveform, (sample,), over time in seconds."""
    time = np.arange(len(waveform)) / sample_rate
    ax.plot(time, waveform, color=GREY, linewidth=0.4, rasterized=True)
    ax.set_ylabel("waveform")
    ax.set_yticks([])
    ax.margins(x=0)
    return ax


def plot_score(scores: SlidingWindowFeature, onset: float, offset: float, ax: Axes) -> Axes:
    """Draw speech scores over time, with both thresholds of hysteresis."""
    window = scores.sliding_window
    time = window[0].middle + window.step * np.arange(len(scores.data))
    ax.plot(time, scores.data[:, 0], color=GREY, linewidth=1)
    ax.axhline(onset, color=ORANGE, linestyle="--", linewidth=1, label=f"onset {onset:.2f}")
    ax.axhline(offset, color=BLUE, linestyle=":", linewidth=1.5, label=f"offset {offset:.2f}")
    ax.set_ylim(-0.05, 1.05)
    ax.set_ylabel("speech score")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return ax


def plot_regions(reference: Annotation, hypothesis: Annotation, ax: Axes) -> Axes:
    """Draw the speech regions of the reference above those of the hypothesis."""
    rows = (("reference", reference, BLUE), ("hypothesis", hypothesis, ORANGE))
    for row, (_, annotation, color) in enumerate(reversed(rows)):
        regions = [(s.start, s.duration) for s in annotation.get_timeline().support()]
        ax.broken_barh(regions, (row + 0.15, 0.7), color=color)
    ax.set_yticks([0.5, 1.5], [name for name, _, _ in reversed(rows)])
    ax.set_ylim(0, 2)
    ax.set_xlabel("time (s)")
    return ax
