"""Pictures of filters of the waveform."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from pyannote_strf.analysis.filters.waveform_filters import MagnitudeResponses

# lowest value of the colour map, in decibels
LOWEST = -40.0


def plot_magnitudes(responses: MagnitudeResponses, ax: Axes) -> AxesImage:
    """Draw the magnitude responses of filters, sorted by the frequency of their peaks.

    Parameters
    ----------
    responses : MagnitudeResponses
    ax : Axes

    Returns
    -------
    image : AxesImage
        Image, for a colour bar in decibels.
    """
    count = len(responses.decibels)
    image = ax.imshow(
        responses.decibels.T,
        cmap="magma",
        vmin=LOWEST,
        vmax=0,
        aspect="auto",
        origin="lower",
        extent=(-0.5, count - 0.5, 0, responses.frequencies[-1] / 1000),
        rasterized=True,
    )
    plural = "s" if count > 1 else ""
    ax.set_title(f"{count} filter{plural} of {responses.num_taps} samples", fontsize="medium")
    ax.set_xlabel("filters by the frequency of their peak")
    ax.set_ylabel("frequency (kHz)")
    return image
