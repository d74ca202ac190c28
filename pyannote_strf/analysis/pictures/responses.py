"""Pictures of the responses of filters to a recording."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes


def plot_image(
    image: np.ndarray,
    duration: float,
    centres: np.ndarray,
    ax: Axes,
    stride: int = 1,
    cmap: str = "magma",
) -> Axes:
    """Draw a spectrogram, or the response of a filter to it.

    Parameters
    ----------
    image : (band, frame) array
    duration : float
        Duration of the image, in seconds.
    centres : (spectrogram band,) array
        Centre frequency of each band of the spectrogram, in hertz.
    ax : Axes
    stride : int, optional
        Number of spectrogram bands between two rows of the image. Defaults to 1.
    cmap : str, optional
        Name of a colour map. Defaults to "magma".

    Returns
    -------
    ax : Axes
    """
    low, high = np.percentile(image, (1, 99.5))
    extent = (0, duration, -stride / 2, (len(image) - 0.5) * stride)
    ax.imshow(
        image,
        cmap=cmap,
        vmin=low,
        vmax=high,
        aspect="auto",
        origin="lower",
        extent=extent,
        rasterized=True,
    )
    hertz = np.array([250, 1000, 4000])
    hertz = hertz[(hertz > centres[0]) & (hertz < centres[-1])]
    ax.set_yticks(
        np.interp(hertz, centres, np.arange(len(centres))), [f"{h / 1000:g}" for h in hertz]
    )
    ax.set_ylim(-0.5, len(centres) - 0.5)
    ax.set_ylabel("kHz")
    return ax
