"""Pictures of detection error tradeoffs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import norm

from pyannote_strf.analysis.timeline import BLUE, ORANGE
from pyannote_strf.files import replaces
from pyannote_strf.metrics.verification import Tradeoff, equal_error_rate

# in percent; all that fall within the errors shown are labelled
TICKS = (0.1, 0.5, 1, 2, 5, 10, 20, 40, 60, 80, 90, 95)
STYLES = ((BLUE, "-"), (ORANGE, "--"))


def plot_tradeoffs(curves: Mapping[str, Tradeoff], ax: Axes) -> Axes:
    """Misses against false alarms, both on normal deviate scales (Martin et al., Eurospeech 1997).

    A dot marks where they are alike.

    Parameters
    ----------
    curves : mapping of str to Tradeoff
        By kind of scores.
    ax : Axes
    """
    least, most = 0.01, 0.5
    for (kind, curve), (color, style) in zip(curves.items(), STYLES):
        inside = (curve.false_alarm > 0) & (curve.false_alarm < 1)
        inside &= (curve.miss > 0) & (curve.miss < 1)
        errors = np.stack([curve.false_alarm[inside], curve.miss[inside]])
        rate = equal_error_rate(curve).rate
        label = f"{kind}, EER {100 * rate:.2f} %"
        ax.plot(*norm.ppf(errors), color=color, linestyle=style, label=label)
        if 0 < rate < 1:
            ax.plot(*norm.ppf([rate, rate]), "o", color=color, markersize=5)
            errors = np.append(errors, rate)
        least, most = errors.min(initial=least), errors.max(initial=most)
    low, high = (min(max(error, 0.001), 0.95) for error in (least, most))
    ticks = [tick for tick in TICKS if low / 1.5 <= tick / 100 <= high * 1.5]
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(norm.ppf(np.array(ticks) / 100), [f"{tick:g}" for tick in ticks])
    ax.plot([-4, 4], [-4, 4], color="#BBBBBB", linewidth=0.8, zorder=0)
    limits = norm.ppf([low / 1.3, min(high * 1.3, 0.97)])
    ax.set_xlim(*limits)
    ax.set_ylim(*limits)
    ax.set_aspect("equal")
    ax.set_xlabel("false alarms (%)")
    ax.set_ylabel("misses (%)")
    ax.legend(frameon=False, loc="upper right")
    return ax


def save_tradeoffs(path: Path, curves: Mapping[str, Tradeoff], title: str) -> None:
    """Write a picture of detection error tradeoffs."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    ax = plot_tradeoffs(curves, figure.subplots())
    ax.set_title(title, fontsize="medium")
    with replaces(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120)
