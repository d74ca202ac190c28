"""Pictures on the plane of temporal and spectral modulation."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from pyannote_strf.analysis.filters.transfer import decibels
from pyannote_strf.analysis.filters.units import Filters, shortest_difference
from pyannote_strf.analysis.pictures.style import BLUE, DIRECTIONS, GREEN, GREY, LIGHT

# contour levels, in decibels relative to the peak
LEVELS = (-10, -3)


def plot_filters_on_plane(filters: Filters, ax: Axes, importance: np.ndarray | None = None) -> Axes:
    """Draw the best modulations of filters, with lines to their half-power points.

    Parameters
    ----------
    filters : Filters
    ax : Axes
    importance : (filter,) array, optional
        Importance of filters, which sets the size of their marks. Defaults to equal sizes.

    Returns
    -------
    ax : Axes
    """
    sizes = np.full(len(filters.rate), 28.0)
    if importance is not None and importance.max() > 0:
        sizes = 6 + 120 * np.clip(importance / importance.max(), 0, 1)
    for direction, (color, marker) in DIRECTIONS.items():
        chosen = filters.direction == direction
        x, y = filters.rate[chosen], filters.density[chosen]
        ax.errorbar(
            x,
            y,
            xerr=filters.rate_bandwidth[chosen] / 2,
            yerr=filters.density_bandwidth[chosen] / 2,
            fmt="none",
            ecolor=LIGHT,
            elinewidth=0.6,
            zorder=1,
        )
        ax.scatter(
            x,
            y,
            s=sizes[chosen],
            c=color,
            marker=marker,
            label=f"{direction} ({chosen.sum()})",
            alpha=0.8,
            zorder=2,
        )
    ax.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    return label_plane(ax)


def plot_power(rates: np.ndarray, densities: np.ndarray, power: np.ndarray, ax: Axes) -> Axes:
    """Draw power over the modulation plane, with contours 3 and 10 dB below its peak.

    Parameters
    ----------
    rates, densities : arrays
        Axes of `power`, in hertz and in cycles per octave.
    power : (density, rate) array
        Power transfer of filters, or power of sounds.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    image = ax.pcolormesh(
        rates, densities, decibels(power), cmap="viridis", vmin=-20, vmax=0, rasterized=True
    )
    bar = ax.figure.colorbar(image, ax=ax, pad=0.02)
    bar.set_label("power below its peak (dB)")
    plot_contours(rates, densities, power, ax, "white")
    return label_plane(ax, "white")


def plot_contours(
    rates: np.ndarray, densities: np.ndarray, power: np.ndarray, ax: Axes, color: str
) -> Axes:
    """Draw contours 3 and 10 dB below the peak of power over the modulation plane."""
    ax.contour(
        rates,
        densities,
        decibels(power),
        levels=LEVELS,
        colors=color,
        linewidths=(0.9, 1.8),
        linestyles="solid",
    )
    return ax


def plot_listeners(at: float, ax: Axes) -> Axes:
    """Draw the modulations that human listeners detect best, and need most to understand speech.

    Ripples are detected best below 16 Hz and 2 cycles per octave, where sensitivity has fallen to
    one half: T. Chi, Y. Gao, M. C. Guyton, P. Ru and S. Shamma, JASA 106(5), 1999. Modulations from
    1 to 7 Hz and below 1 cycle per kHz are the most important for the comprehension of speech: T.
    M. Elliott and F. E. Theunissen, PLoS Computational Biology 5(3), 2009.

    Parameters
    ----------
    at : float
        Frequency around which octaves are counted, in hertz. It converts cycles per kHz into cycles
        per octave.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    density = np.log(2) * at / 1000
    regions = (
        ((0, -2), 16, 4, GREEN, "--", "ripples heard best (Chi et al. 1999)"),
        (
            (1, -density),
            6,
            2 * density,
            "black",
            ":",
            "speech understood (Elliott & Theunissen 2009)",
        ),
    )
    for corner, width, height, color, style, label in regions:
        ax.add_patch(
            Rectangle(
                corner,
                width,
                height,
                fill=False,
                edgecolor=color,
                linestyle=style,
                linewidth=1.5,
                label=label,
            )
        )
    return ax


def plot_moves(before: Filters, after: Filters, ax: Axes) -> Axes:
    """Draw arrows from the initial to the current best modulation of each filter.

    Parameters
    ----------
    before, after : Filters
        Initial and current properties of the same filters, in the same order.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    x, y = before.rate, before.density
    bandwidths = before.rate_bandwidth, before.density_bandwidth
    dx, dy = shortest_difference((x, y), (after.rate, after.density), bandwidths)
    ax.quiver(
        x, y, dx, dy, angles="xy", scale_units="xy", scale=1, color=BLUE, width=0.003, zorder=2
    )
    ax.scatter(x, y, s=9, c=LIGHT, label="initial modulation", zorder=1)
    # the limits of the axes must include the heads of arrows
    ax.scatter(x + dx, y + dy, s=0)
    return label_plane(ax)


def label_plane(ax: Axes, color: str = GREY) -> Axes:
    """Label the axes of the modulation plane, and the directions of ripples in a given colour."""
    ax.axhline(0, color=LIGHT, linewidth=0.8, zorder=0)
    ax.set_xlabel("temporal modulation (Hz)")
    ax.set_ylabel("spectral modulation (cycles / octave)")
    for height, word in ((0.97, "rising"), (0.03, "falling")):
        ax.text(0.98, height, word, transform=ax.transAxes, ha="right", va="center", color=color)
    return ax
