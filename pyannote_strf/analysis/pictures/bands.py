"""Pictures of learnable bands."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, NullLocator

from pyannote_strf.analysis.filters.bands import BandMoves
from pyannote_strf.analysis.pictures.style import BLUE, GREY, LIGHT, ORANGE

# labels of relative widths
RATIOS = (0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)

# ratios of the ends of an axis from which labels are at 1, 2 and 5, and at 1 and 3, times powers of
# ten
MIN_RANGE, MAX_RANGE = 4.0, 40.0


def plot_bands(moves: BandMoves, ax: Axes) -> Axes:
    """Draw the width of bands over their centres, with lines from their initial state.

    Parameters
    ----------
    moves : BandMoves
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    then = np.stack([moves.initial_centre, moves.initial_width], axis=-1)
    now = np.stack([moves.centre, moves.width], axis=-1)
    ax.add_collection(LineCollection(list(np.stack([then, now], axis=1)), colors=LIGHT, zorder=1))
    ax.scatter(
        then[:, 0],
        then[:, 1],
        s=16,
        facecolors="none",
        edgecolors=GREY,
        label="before training",
        zorder=2,
    )
    ax.scatter(now[:, 0], now[:, 1], s=8, color=BLUE, label="after training", zorder=3)
    hertz_axis(ax, "x")
    hertz_axis(ax, "y")
    ax.set_xlabel("centre (Hz)")
    ax.set_ylabel("width (Hz)")
    ax.legend(frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax


def plot_band_moves(moves: BandMoves, ax: Axes) -> Axes:
    """Draw the signed displacement of centres, in initial widths, over their initial centres.

    Parameters
    ----------
    moves : BandMoves
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    signed = moves.moved * np.sign(moves.centre_change)
    ax.axhline(0, color="black", linewidth=0.8)
    for limit in (-1, 1):
        ax.axhline(limit, color=ORANGE, linewidth=1, linestyle="--")
    ax.scatter(moves.initial_centre, signed, s=10, color=BLUE)
    largest = max(1.2, 1.1 * np.nanmax(moves.moved))
    ax.set_ylim(-largest, largest)
    hertz_axis(ax, "x")
    ax.set_xlabel("centre before training (Hz)")
    ax.set_ylabel("change of the centre (bandwidths)")
    return ax


def plot_width_ratios(moves: BandMoves, ax: Axes) -> Axes:
    """Draw the widths, relative to the initial widths, over their initial centres.

    Parameters
    ----------
    moves : BandMoves
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    ax.axhline(1, color="black", linewidth=0.8)
    ax.scatter(moves.initial_centre, moves.width_ratio, s=10, color=BLUE)
    largest = max(1.2, 1.1 * np.nanmax(np.exp(np.abs(np.log(moves.width_ratio)))))
    ax.set_yscale("log", base=2)
    ax.set_ylim(1 / largest, largest)
    if largest <= RATIOS[-1]:
        shown = [ratio for ratio in RATIOS if 1 / largest <= ratio <= largest]
        ax.set_yticks(shown, [f"{ratio:g}" for ratio in shown])
    else:
        ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())
    hertz_axis(ax, "x")
    ax.set_xlabel("centre before training (Hz)")
    ax.set_ylabel("width / width before training")
    return ax


def hertz_axis(ax: Axes, name: str) -> None:
    """Give an axis with data a logarithmic scale, with labels in hertz that do not overlap."""
    getattr(ax, f"set_{name}scale")("log")
    axis = getattr(ax, f"{name}axis")
    low, high = getattr(ax, f"get_{name}lim")()
    if high / low > MAX_RANGE:
        axis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    elif high / low > MIN_RANGE:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    else:
        axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())
