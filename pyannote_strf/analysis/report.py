"""What a trained front-end responds to, as files."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from torch import nn

from pyannote_strf.analysis.filters import plot_filters
from pyannote_strf.analysis.modulation import Filters, describe, ensemble, octaves_per_band
from pyannote_strf.analysis.modulation_plane import plot_ensemble, plot_filters_on_plane
from pyannote_strf.files import replaces, write_text
from pyannote_strf.layers.strf import STRFConv2d

GRID = 121


def write_report(model: nn.Module, out: Path, at: float = 1000.0) -> dict:
    """Write `filters.csv`, `summary.json` and `filters.png` of a model's filters.

    Parameters
    ----------
    model : nn.Module
        Whose `frontend` has a `spectrogram` and `filters`.
    out : Path
        Directory.
    at : float, optional
        Frequency around which octaves are counted, in hertz. Defaults to 1000.

    Returns
    -------
    summary : dict
        Content of `summary.json`.

    Raises
    ------
    ValueError
        If the model has no spectro-temporal filters, or the frequency lies outside of its bands.
    """
    layer = getattr(getattr(model, "frontend", None), "filters", None)
    if not isinstance(layer, STRFConv2d):
        raise ValueError("the model has no spectro-temporal filters: its front-end is another one")
    image = model.frontend.spectrogram
    hop, centres = image.hop_length / image.sample_rate, image.centres.double().cpu().numpy()
    filters = describe(layer, hop, centres, at)
    summary = summarise(filters, hop, at)

    write_text(out / "filters.csv", _csv(filters))
    write_text(out / "summary.json", json.dumps(summary, indent=1) + "\n")
    figure = Figure(figsize=(11, 9.5), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1.25, 1))
    plot_filters(layer, top.subplots(), hop=hop)
    left, right = bottom.subplots(1, 2, sharey=True)
    plot_filters_on_plane(filters, left)
    octaves = octaves_per_band(centres, at)
    rates = np.linspace(0, max(1.15 * filters.rate.max(), 1.0), GRID)
    highest = max(1.3 * np.abs(filters.density).max(), 0.5)
    densities = np.linspace(-highest, highest, GRID)
    plot_ensemble(rates, densities, ensemble(layer, rates * hop, densities * octaves), right)
    for ax in (left, right):
        ax.set_xlim(0, rates[-1])
        ax.set_ylim(-highest, highest)
    right.set_ylabel("")
    bottom.suptitle(f"Octaves are counted around {at:g} Hz", fontsize="medium")
    with replaces(out / "filters.png") as temporary:
        figure.savefig(temporary, format="png", dpi=110)
    return summary


def summarise(filters: Filters, hop: float, at: float) -> dict:
    """Medians and quartiles over filters, and how many take which direction."""

    def quartiles(values: np.ndarray) -> dict[str, float]:
        names = ("lower quartile", "median", "upper quartile")
        return {n: round(float(v), 6) for n, v in zip(names, np.percentile(values, (25, 50, 75)))}

    return {
        "filters": len(filters.rate),
        "hop (s)": hop,
        "octaves counted around (Hz)": at,
        "temporal modulation (Hz)": quartiles(filters.rate),
        "spectral modulation (cycles / octave)": quartiles(np.abs(filters.density)),
        "envelope (ms)": quartiles(filters.duration),
        "envelope (octaves)": quartiles(filters.extent),
        "energy cut": quartiles(filters.energy_cut),
        "directions": {d: int((filters.direction == d).sum()) for d in ("up", "down", "none")},
    }


def _csv(filters: Filters) -> str:
    stream = io.StringIO()
    names = ["filter", *(field.name for field in fields(filters))]
    writer = csv.DictWriter(stream, names, lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(filters.rows()):
        writer.writerow({"filter": number, **row})
    return stream.getvalue()
