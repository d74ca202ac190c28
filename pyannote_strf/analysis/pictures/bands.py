"""Pictures of learnable bands."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import LogLocator, NullFormatter

from pyannote_strf.analysis.filters.bands import BandMoves
from pyannote_strf.analysis.pictures.style import BLUE, GREY, LIGHT, ORANGE


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
    ax.yaxis.set_major_locator(LogLocator(base=2, subs=(1.0,) if largest > 2 else (1.0, 1.5)))
    ax.yaxis.set_major_formatter("{x:g}")
    hertz_axis(ax, "x")
    ax.set_xlabel("centre before training (Hz)")
    ax.set_ylabel("width / width before training")
    return ax


def hertz_axis(ax: Axes, name: str) -> None:
    """Give an axis a logarithmic scale, with labels in hertz at 1, 2 and 5 times powers of ten."""
    getattr(ax, f"set_{name}scale")("log")
    axis = getattr(ax, f"{name}axis")
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())
