"""Figures of a report."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pyannote_strf.analysis.filters.filter_analysis import FilterAnalysis, Importance
from pyannote_strf.analysis.filters.importance import Ablation
from pyannote_strf.analysis.filters.indices import marginals
from pyannote_strf.analysis.pictures.displacement import plot_distances
from pyannote_strf.analysis.pictures.importance import plot_importance
from pyannote_strf.analysis.pictures.kernels import plot_filters, sheet_rows
from pyannote_strf.analysis.pictures.modulation_plane import (
    plot_contours,
    plot_filters_on_plane,
    plot_listeners,
    plot_moves,
    plot_power,
)
from pyannote_strf.analysis.pictures.responses import plot_image
from pyannote_strf.analysis.pictures.style import ORANGE, plain
from pyannote_strf.analysis.pictures.transfer import plot_marginals, plot_truncation

# inches
WIDTH = 11

# filters whose responses are drawn
NUM_RESPONSES = 4


def kernels(analysis: FilterAnalysis) -> Figure:
    """Draw all kernels."""
    num_rows = len(sheet_rows(analysis.filters))
    figure = Figure(figsize=(WIDTH, 0.8 + 0.75 * num_rows), layout="constrained")
    plot_filters(analysis.layer, analysis.filters, analysis.hop, figure.subplots())
    return figure


def plane(analysis: FilterAnalysis) -> Figure:
    """Draw filters on the modulation plane, beside their transfer and the power of sounds."""
    figure = Figure(figsize=(WIDTH, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    weights = None if analysis.importance is None else analysis.importance.weights
    plot_filters_on_plane(analysis.filters, left, weights)
    plot_listeners(analysis.at, left)
    left.legend(
        frameon=False, ncols=2, fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1)
    )
    plot_power(analysis.rates, analysis.densities, analysis.transfer, right)
    title = "transfer of filters"
    if analysis.sounds is not None:
        plot_contours(analysis.rates, analysis.densities, analysis.sounds, right, ORANGE)
        title = "filters (white), sounds (orange)"
    right.set_title(f"{title}; thick -3 dB, thin -10 dB", fontsize="medium")
    right.set_ylabel("")
    _limit(analysis, left)
    return figure


def transfer(analysis: FilterAnalysis) -> Figure:
    """Draw transfer along both axes of the modulation plane, beside the effect of truncation."""
    curves = {"filters": analysis.transfer, "initial filters": analysis.initial_transfer}
    if analysis.sounds is not None:
        curves["sounds"] = analysis.sounds
    temporal, spectral = zip(*(marginals(power) for power in curves.values()))
    figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1, 0.8))
    plot_marginals(analysis.rates, dict(zip(curves, temporal)), left)
    plot_marginals(analysis.densities, dict(zip(curves, spectral)), middle)
    plot_truncation(analysis.filters.energy_cut, analysis.truncation, right)
    left.set_xlabel("temporal modulation (Hz)")
    middle.set_xlabel("spectral modulation (cycles / octave)\nfalling to rising")
    middle.set_ylabel("")
    left.legend(frameon=False)
    left.set_xlim(0, analysis.rates[-1])
    middle.set_xlim(analysis.densities[0], analysis.densities[-1])
    right.set_title("effect of truncation", fontsize="medium")
    return figure


def displacement(analysis: FilterAnalysis) -> Figure:
    """Draw the moves of filters on the modulation plane, beside the change of their responses."""
    figure = Figure(figsize=(WIDTH, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    plot_moves(analysis.initial, analysis.filters, left)
    left.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1))
    plot_distances(analysis.displacement.distance, analysis.origin, right)
    return figure


def responses(analysis: FilterAnalysis, image: np.ndarray, gains: np.ndarray, title: str) -> Figure:
    """Draw the responses of a few filters to a recording.

    Parameters
    ----------
    analysis : FilterAnalysis
    image : (band, frame) array
        Spectrogram of the recording.
    gains : (filter, band, frame) array
        Magnitude of the responses of all filters.
    title : str
    """
    chosen = chosen_filters(analysis)
    figure = Figure(figsize=(WIDTH, 1.5 * (1 + len(chosen))), layout="constrained")
    axes = figure.subplots(1 + len(chosen), 1, sharex=True)
    duration = image.shape[1] * analysis.hop
    plot_image(image, duration, analysis.centres, axes[0])
    axes[0].set_title(plain(title), fontsize="medium")
    for number, ax in zip(chosen, axes[1:]):
        stride, _ = analysis.layer.stride
        plot_image(gains[number], duration, analysis.centres, ax, stride, cmap="viridis")
        filters = analysis.filters
        ax.set_title(
            f"filter {number}: {filters.rate[number]:.1f} Hz, "
            f"{abs(filters.density[number]):.2f} cycles / octave, {filters.direction[number]}",
            fontsize="medium",
        )
    axes[-1].set_xlabel("time (s)")
    return figure


def chosen_filters(analysis: FilterAnalysis) -> list[int]:
    """Return the most important filters, or filters of increasing rate without importance."""
    if analysis.importance is not None:
        return np.argsort(-analysis.importance.weights)[:NUM_RESPONSES].tolist()
    ordered = np.argsort(analysis.filters.rate)
    places = np.linspace(0, len(ordered) - 1, min(NUM_RESPONSES, len(ordered))).round()
    return ordered[places.astype(int)].tolist()


def importance(analysis: FilterAnalysis, measured: Importance, ablation: Ablation) -> Figure:
    """Draw ablation over gradients, beside important filters on the modulation plane."""
    figure = Figure(figsize=(WIDTH, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    plot_importance(analysis.filters, measured.gradient, ablation.increase, left)
    left.set_ylabel(f"increase of the {measured.metric} without the filter\n(percentage points)")
    plot_filters_on_plane(analysis.filters, right, ablation.increase)
    _limit(analysis, right)
    return figure


def _limit(analysis: FilterAnalysis, ax: Axes) -> None:
    """Limit the modulation plane to the range of the filters."""
    filters = analysis.filters
    ax.set_xlim(0, min(analysis.rates[-1], 1.15 * max(filters.rate.max(), 16)))
    highest = min(analysis.densities[-1], 1.15 * max(np.abs(filters.density).max(), 2))
    ax.set_ylim(-highest, highest)
