"""Files of a report."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import numpy as np
from matplotlib.figure import Figure

from pyannote_strf.analysis.pictures.style import shorten
from pyannote_strf.files import atomic_write
from pyannote_strf.reports.part import ModelReport, as_text

if TYPE_CHECKING:
    # slow import, only needed to compare several models
    from pyannote_strf.reports.comparison import Comparison

# length of a model's name in file names, which may have 255 bytes
MAX_LETTERS = 50

# first characters that make spreadsheet programs run the text of a cell
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")

# entries of summaries
AT = "octaves counted around (Hz)"

TYPES = {"png": "image/png", "svg": "image/svg+xml"}

CAPTIONS = {
    "kernels": "Kernels of all filters, with time to the right and frequency upwards. Orange and "
    "purple are positive and negative values. Labels give the number of a filter and its temporal "
    "modulation.",
    "plane": "Left: best modulation of each filter, with lines to its half-power points. If "
    "importance was measured, larger marks are more important. Boxes: modulations that listeners "
    "detect best, and those that they need most to understand speech. Right: mean power transfer.",
    "transfer": "Left and middle: mean power transfer along each axis of the modulation plane. "
    "Right: difference between the gain of each truncated kernel and that of its filter in closed "
    "form. The properties of filters that lose much of their energy are those of the closed form.",
    "displacement": "Left: initial and current modulation of each filter. Right: change of its "
    "response, compared with the distance from other initial filters.",
    "responses": "A recording, and the magnitude of the responses of a few filters to it.",
    "importance": "Left: increase of the error without each filter over its importance by "
    "gradients; the five largest changes are numbered. Right: filters on the modulation plane; "
    "larger marks increase the error more.",
    "bands": "Left: width and centre of each band, with lines from before training. Middle: change "
    "of the centre, in initial bandwidths; dashed lines are at one bandwidth. Right: change of the "
    "width.",
    "attention": "Mean weight of attention to each band over clips. Shaded: one standard deviation "
    "over clips on either side.",
    "waveform": "Magnitude responses of the filters of the waveform, in the order of the frequency "
    "of their maximum.",
    "models": "Wasserstein distances between banks of filters, ± 1.96 standard errors, and their "
    "chance level. A star marks significant distances. Below: dendrogram of models, and models on "
    "a plane. Models with long names are numbered in the order of the sections above.",
}


def write_report(
    models: Sequence[ModelReport],
    out: Path,
    comparison: Comparison | None = None,
    suffix: str = "png",
) -> list[Path]:
    """Write tables, arrays, `summary.json`, pictures, and `report.html`, which includes pictures.

    Parameters
    ----------
    models : sequence of ModelReport
    out : Path
        Directory to write.
    comparison : Comparison, optional
        Comparison of the models.
    suffix : {"png", "svg"}, optional
        Format of pictures. Defaults to "png".

    Returns
    -------
    paths : list of Path
        Files written, `report.html` last.
    """
    content: dict[str, Any] = {"models": {model.name: model.summary for model in models}}
    if comparison is not None:
        content["between models"] = comparison.summary()
    # files are written only after all of them were rendered
    written = {f"{name}.csv": _csv(rows).encode() for name, rows in _tables(models).items()}
    text = json.dumps(_without_nan(content), indent=1, allow_nan=False)
    written["summary.json"] = f"{text}\n".encode()

    sections: list[dict[str, Any]] = []
    for number, model in enumerate(models, start=1):
        prefix = f"{number}-{_as_file_name(model.name)}." if len(models) > 1 else ""
        parts = []
        for part in model.parts:
            written |= {f"{prefix}{name}.npz": _npz(each) for name, each in part.arrays.items()}
            drawn = {kind: _draw(figure, suffix) for kind, figure in part.figures.items()}
            written |= {f"{prefix}{kind}.{suffix}": picture for kind, picture in drawn.items()}
            embedded = [_embed(picture, suffix, kind) for kind, picture in drawn.items()]
            parts.append({"part": part, "figures": embedded})
        sections.append({"name": model.name, "parts": parts})
    between = None
    if comparison is not None:
        picture = _draw(comparison.figure(), suffix)
        written[f"models.{suffix}"] = picture
        between = {"note": comparison.note(), "figure": _embed(picture, suffix, "models")}

    page = files(__package__).joinpath("report.html").read_text(encoding="utf-8")
    filled = jinja2.Template(page, autoescape=True).render(
        title=f"Filters of {models[0].name if len(models) == 1 else f'{len(models)} models'}",
        models=sections,
        comparison=between,
        as_text=as_text,
        shown={name for model in models for name in model.summary},
        at=next((model.summary[AT] for model in models if AT in model.summary), None),
    )
    written["report.html"] = filled.encode()
    out.mkdir(parents=True, exist_ok=True)
    for name, file in written.items():
        with atomic_write(out / name) as temporary:
            temporary.write_bytes(file)
    return [out / name for name in written]


def _without_nan(content: Any) -> Any:
    """Replace NaN, which JSON does not support, with None."""
    if isinstance(content, Mapping):
        return {name: _without_nan(each) for name, each in content.items()}
    return None if isinstance(content, float) and math.isnan(content) else content


def _tables(models: Sequence[ModelReport]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all models, by table."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for model in models:
        for part in model.parts:
            for name, rows in part.tables.items():
                tables.setdefault(name, []).extend({"model": model.name, **row} for row in rows)
    return tables


def _npz(arrays: Mapping[str, np.ndarray]) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def _draw(figure: Figure, suffix: str) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format=suffix, dpi=110)
    return stream.getvalue()


def _embed(picture: bytes, suffix: str, kind: str) -> dict[str, str]:
    return {
        "type": TYPES[suffix],
        "data": base64.b64encode(picture).decode("ascii"),
        "caption": CAPTIONS[kind],
    }


def _as_file_name(name: str) -> str:
    letters = shorten(name, MAX_LETTERS)
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in letters)


def _csv(rows: list[dict[str, Any]]) -> str:
    stream = io.StringIO()
    # models without importance have fewer columns
    names = list(dict.fromkeys(name for row in rows for name in row))
    # an unquoted carriage return in a name would end its row
    writer = csv.DictWriter(stream, names, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    writer.writerows({name: _as_text(cell) for name, cell in row.items()} for row in rows)
    return stream.getvalue()


def _as_text(cell: float | str) -> float | str:
    """Put an apostrophe before text that a spreadsheet program would run."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_PREFIXES) else cell
