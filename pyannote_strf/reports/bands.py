"""Learnable bands in a report."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
from matplotlib.figure import Figure

from pyannote_strf.analysis.filters.bands import BandMoves, band_moves
from pyannote_strf.analysis.pictures.bands import plot_band_moves, plot_bands, plot_width_ratios
from pyannote_strf.layers.bands import Bands
from pyannote_strf.reports.figures import WIDTH
from pyannote_strf.reports.part import Part, quartiles_of

# smaller moves, in bandwidths, and changes of width are rounding errors
MIN_CHANGE = 1e-4


def bands_part(bands: Bands) -> Part:
    """Report on the centres and widths of bands, and on their changes during training."""
    moves = band_moves(bands)
    columns = {name: values.tolist() for name, values in asdict(moves).items()}
    quartiles = {
        "centre of bands (Hz)": quartiles_of(moves.centre),
        "width of bands (Hz)": quartiles_of(moves.width),
        "bands moved (bandwidths)": quartiles_of(moves.moved),
        "change of the centre of bands (Hz)": quartiles_of(np.abs(moves.centre_change)),
        "width of bands / initial width": quartiles_of(moves.width_ratio),
    }
    count = len(moves.moved)
    summary = {
        "bands": count,
        **quartiles,
        "bands moved more than one bandwidth": int((moves.moved > 1).sum()),
    }
    return Part(
        findings=_findings(moves),
        over=f"{count} bands",
        quartiles=quartiles,
        summary=summary,
        tables={"bands": [dict(zip(columns, row)) for row in zip(*columns.values())]},
        figures={"bands": _figure(moves)},
    )


def _findings(moves: BandMoves) -> list[str]:
    count, moved, ratio = len(moves.moved), moves.moved, moves.width_ratio
    if np.nanmax(moved) < MIN_CHANGE and np.nanmax(np.abs(ratio - 1)) < MIN_CHANGE:
        return [f"All {count} bands are unchanged."]
    low, middle, high = np.nanpercentile(ratio, (5, 50, 95))
    return [
        f"{(moved > 1).sum()} of {count} bands moved more than one bandwidth; the median band "
        f"moved {np.nanmedian(moved):.2f} bandwidths.",
        f"The median band is {middle:.2f} times as wide as before training (9 of 10 bands: "
        f"{low:.2f} to {high:.2f} times).",
    ]


def _figure(moves: BandMoves) -> Figure:
    figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    plot_bands(moves, left)
    plot_band_moves(moves, middle)
    plot_width_ratios(moves, right)
    return figure
