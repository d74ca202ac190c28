"""Pictures of the weights of attention."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from pyannote_strf.analysis.filters.attention import AttentionWeights
from pyannote_strf.analysis.pictures.bands import hertz_axis


def plot_attention(weights: AttentionWeights, centres: np.ndarray | None, ax: Axes) -> Axes:
    """Draw the mean weight of each band, and one standard deviation over clips on either side.

    Parameters
    ----------
    weights : AttentionWeights
    centres : (channel, band) array or None
        Centre frequency of each band, in hertz. None draws weights over the numbers of bands.
    ax : Axes

    Returns
    -------
    ax : Axes
    """
    several = len(weights.mean) > 1
    for channel, (mean, spread) in enumerate(zip(weights.mean, weights.spread)):
        x = np.arange(len(mean)) if centres is None else centres[channel]
        order = np.argsort(x)
        x, mean, spread = x[order], mean[order], spread[order]
        label = f"channel {channel}" if several else "mean"
        (line,) = ax.plot(x, mean, linewidth=1.5, label=label)
        ax.fill_between(
            x,
            mean - spread,
            mean + spread,
            color=line.get_color(),
            alpha=0.15 if several else 0.25,
            linewidth=0,
            label=None if several else "± 1 standard deviation over clips",
        )
    if centres is None:
        ax.set_xlabel("band")
    else:
        hertz_axis(ax, "x")
        ax.set_xlabel("centre (Hz)")
    ax.set_ylim(0, 1)
    ax.set_ylabel("weight of the band")
    ax.legend(frameon=False, ncols=6, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax
