"""Pictures on the plane of temporal and spectral modulation."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from pyannote_strf.analysis.modulation import Filters
from pyannote_strf.analysis.timeline import BLUE, GREY, ORANGE

MARKS = {"up": (BLUE, "^"), "down": (ORANGE, "v"), "none": (GREY, "o")}


def plot_filters_on_plane(filters: Filters, ax: Axes) -> Axes:
    """Best modulations of filters, by direction; lines reach to their half-power points.

    Parameters
    ----------
    filters : Filters
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    for direction, (color, marker) in MARKS.items():
        chosen = filters.direction == direction
        label = {"none": "neither"}.get(direction, direction)
        ax.errorbar(
            filters.rate[chosen],
            filters.density[chosen],
            xerr=filters.rate_bandwidth[chosen] / 2,
            yerr=filters.density_bandwidth[chosen] / 2,
            fmt=marker,
            color=color,
            ecolor="#CCCCCC",
            elinewidth=0.7,
            markersize=5,
            label=f"{label} ({chosen.sum()})",
        )
    ax.axhline(0, color="#BBBBBB", linewidth=0.8, zorder=0)
    ax.set_xlim(left=0)
    _label(ax)
    ax.legend(
        frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1), title="direction"
    )
    return ax


def plot_ensemble(rates: np.ndarray, densities: np.ndarray, power: np.ndarray, ax: Axes) -> Axes:
    """Mean power transfer of a bank of filters.

    Parameters
    ----------
    rates, densities : arrays
        In hertz, and in cycles per octave.
    power : (density, rate) array
        See :func:`~pyannote_strf.analysis.modulation.ensemble`.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    decibels = 10 * np.log10(np.maximum(power / power.max(), 1e-6))
    image = ax.pcolormesh(
        rates, densities, decibels, cmap="viridis", vmin=-20, vmax=0, rasterized=True
    )
    ax.contour(
        rates,
        densities,
        decibels,
        levels=(-10, -3),
        colors="white",
        linewidths=(0.8, 1.4),
        linestyles="solid",
    )
    bar = ax.figure.colorbar(image, ax=ax, pad=0.02)
    bar.set_label("power over its largest value (dB)")
    _label(ax)
    ax.set_title(
        "kernels as they are used, mean over filters; lines at -3 and -10 dB", fontsize="medium"
    )
    return ax


def _label(ax: Axes) -> None:
    ax.set_xlabel("temporal modulation (Hz)")
    ax.set_ylabel("spectral modulation (cycles / octave)\nfalling                     rising")
