"""Files of a report."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from matplotlib.figure import Figure

from pyannote_strf.analysis.filters.filter_analysis import FilterAnalysis
from pyannote_strf.analysis.pictures.style import shorten
from pyannote_strf.files import atomic_write
from pyannote_strf.reports.summary import findings, quartiles, rows, summary

if TYPE_CHECKING:
    # slow import, only needed to compare several models
    from pyannote_strf.reports.comparison import Comparison

# length of a model's name in file names, which may have 255 bytes
MAX_LETTERS = 50

# first characters that make spreadsheet programs run the text of a cell
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")

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
    "models": "Wasserstein distances between banks of filters, ± 1.96 standard errors, and their "
    "chance level. A star marks significant distances. Below: dendrogram of models, and models on "
    "a plane. Models with long names are numbered in the order of the sections above.",
}


def write_report(
    analyses: Sequence[FilterAnalysis],
    out: Path,
    pictures: Mapping[str, Mapping[str, Figure]],
    comparison: Comparison | None = None,
    suffix: str = "png",
) -> list[Path]:
    """Write `filters.csv`, `summary.json`, pictures, and `report.html`, which includes all of them.

    Parameters
    ----------
    analyses : sequence of FilterAnalysis
        One for each model.
    out : Path
        Directory to write.
    pictures : mapping of str to mapping of str to Figure
        Figures of each model, by the name of the model and the kind of figure.
    comparison : Comparison, optional
        Comparison of the models.
    suffix : {"png", "svg"}, optional
        Format of pictures. Defaults to "png".

    Returns
    -------
    paths : list of Path
        Files written, `report.html` last.
    """
    names = [analysis.name for analysis in analyses]
    summaries = {analysis.name: summary(analysis) for analysis in analyses}
    content = {"models": summaries}
    if comparison is not None:
        content["between models"] = comparison.summary()
    # files are written only after all of them were rendered
    written = {
        "filters.csv": _csv([row for analysis in analyses for row in rows(analysis)]).encode(),
        "summary.json": (json.dumps(content, indent=1) + "\n").encode(),
    }

    models: list[dict[str, Any]] = []
    for number, analysis in enumerate(analyses, start=1):
        prefix = f"{number}-{_as_file_name(analysis.name)}." if len(analyses) > 1 else ""
        drawn = {kind: _draw(figure, suffix) for kind, figure in pictures[analysis.name].items()}
        written |= {f"{prefix}{kind}.{suffix}": picture for kind, picture in drawn.items()}
        models.append(
            {
                "name": analysis.name,
                "findings": findings(analysis),
                "summary": summaries[analysis.name],
                "quartiles": quartiles(analysis),
                "figures": [_embed(picture, suffix, kind) for kind, picture in drawn.items()],
            }
        )
    between = None
    if comparison is not None:
        picture = _draw(comparison.figure(), suffix)
        written[f"models.{suffix}"] = picture
        between = {"note": comparison.note(), "figure": _embed(picture, suffix, "models")}

    page = files(__package__).joinpath("report.html").read_text(encoding="utf-8")
    filled = jinja2.Template(page, autoescape=True).render(
        title=f"Filters of {names[0] if len(names) == 1 else f'{len(names)} models'}",
        models=models,
        comparison=between,
        has_importance=any(analysis.importance is not None for analysis in analyses),
    )
    written["report.html"] = filled.encode()
    out.mkdir(parents=True, exist_ok=True)
    for name, file in written.items():
        with atomic_write(out / name) as temporary:
            temporary.write_bytes(file)
    return [out / name for name in written]


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


def _csv(filters: list[dict[str, float | str]]) -> str:
    stream = io.StringIO()
    # models without importance have fewer columns
    names = list(dict.fromkeys(name for row in filters for name in row))
    # an unquoted carriage return in a name would end its row
    writer = csv.DictWriter(stream, names, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    writer.writerows({name: _as_text(cell) for name, cell in row.items()} for row in filters)
    return stream.getvalue()


def _as_text(cell: float | str) -> float | str:
    """Put an apostrophe before text that a spreadsheet program would run."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_PREFIXES) else cell
