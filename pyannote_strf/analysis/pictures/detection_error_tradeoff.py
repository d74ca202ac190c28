"""Pictures of detection error tradeoffs."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import norm

from pyannote_strf.analysis.pictures.style import BLUE, ORANGE, plain
from pyannote_strf.metrics.verification import Tradeoff, equal_error_rate

# error rates in percent; those within the limits of the axes are labelled
TICKS = (0.1, 0.5, 1, 2, 5, 10, 20, 40, 60, 80, 90, 95)
STYLES = ((BLUE, "-"), (ORANGE, "--"))


def plot_tradeoffs(curves: Mapping[str, Tradeoff], ax: Axes) -> Axes:
    """Draw misses against false alarms, on normal deviate scales (Martin et al., Eurospeech 1997).

    A dot marks the equal error rate. The axes range from a twentieth of the lowest equal error rate
    to eight times the highest.

    Parameters
    ----------
    curves : mapping of str to Tradeoff
        At most two curves, by kind of scores.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    rates = [equal_error_rate(curve).rate for curve in curves.values()]
    low, high = max(min(rates) / 20, 0.001), min(max(8 * max(rates), 0.1), 0.97)
    for (kind, curve), rate, (color, style) in zip(curves.items(), rates, STYLES):
        # error rates of 0 and 1 are at infinity
        errors = np.clip([curve.false_alarm, curve.miss], 1e-6, 1 - 1e-6)
        label = f"{kind}, EER {100 * rate:.2f} %"
        ax.plot(*norm.ppf(errors), color=color, linestyle=style, label=label)
        dot = norm.ppf(np.clip(rate, low, high))
        ax.plot(dot, dot, "o", color=color, markersize=5, clip_on=False)
    ticks = [tick for tick in TICKS if low <= tick / 100 <= high]
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(norm.ppf(np.array(ticks) / 100), [f"{tick:g}" for tick in ticks])
    limits = norm.ppf([low, high])
    ax.plot([-4, 4], [-4, 4], color="#BBBBBB", linewidth=0.8, zorder=0)
    ax.set_xlim(*limits)
    ax.set_ylim(*limits)
    ax.set_aspect("equal")
    ax.set_xlabel("false alarms (%)")
    ax.set_ylabel("misses (%)")
    ax.legend(frameon=False, loc="upper right")
    return ax


def tradeoffs_figure(curves: Mapping[str, Tradeoff], title: str) -> Figure:
    """Draw detection error tradeoffs with a title."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    ax = plot_tradeoffs(curves, figure.subplots())
    ax.set_title(plain(textwrap.fill(title, 60)), fontsize="medium")
    return figure
