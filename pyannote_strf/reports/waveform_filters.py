"""Filters of waveforms in a report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from pyannote_strf.analysis.filters.waveform_filters import magnitude_responses
from pyannote_strf.analysis.pictures.waveform_filters import plot_magnitudes
from pyannote_strf.reports.figures import WIDTH
from pyannote_strf.reports.part import Part, quartiles_of


def waveform_part(filters: Sequence[Tensor], sample_rate: int) -> Part:
    """Report on the magnitude responses of filters of the waveform.

    Parameters
    ----------
    filters : sequence of (filter, tap) Tensor
        Filters of each length.
    sample_rate : int
        In hertz.
    """
    responses = [
        magnitude_responses(each.detach().cpu().double().numpy(), sample_rate) for each in filters
    ]
    figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
    axes = figure.subplots(1, len(responses), squeeze=False)[0]
    images = [plot_magnitudes(each, ax) for each, ax in zip(responses, axes)]
    for ax in axes[1:]:
        ax.set_ylabel("")
    bar = figure.colorbar(images[-1], ax=axes.tolist(), extend="min", pad=0.01, fraction=0.05)
    bar.set_label("magnitude (dB), relative to the\nmaximum of each filter")

    peaks = np.concatenate([each.peaks for each in responses])
    quartiles = {"peak of filters of the waveform (Hz)": quartiles_of(peaks)}
    return Part(
        over=f"{len(peaks)} filters of the waveform",
        quartiles=quartiles,
        summary={"filters of the waveform": len(peaks), **quartiles},
        figures={"waveform": figure},
    )
