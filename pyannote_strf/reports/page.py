"""A report on what models have learned, as files."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from matplotlib.figure import Figure

from pyannote_strf.analysis.filters.reading import Reading
from pyannote_strf.analysis.pictures.style import shortened
from pyannote_strf.files import atomic_write
from pyannote_strf.reports.summary import findings, quartiles, rows, summary

if TYPE_CHECKING:
    # takes half a second, which reports on one model do without
    from pyannote_strf.reports.comparison import Comparison

# of a name in that of a file, which may have 255 bytes
MOST_LETTERS = 50

# what makes spreadsheet programs run the text of a cell
RUNS = ("=", "+", "-", "@", "\t", "\r")

TYPES = {"png": "image/png", "svg": "image/svg+xml"}

CAPTIONS = {
    "kernels": "Filters as the model uses them: time to the right, frequency upwards. Orange and "
    "purple are the two halves of a ripple; below stand its number and its temporal modulation.",
    "plane": "Left, what each filter responds to best, with lines to its half-power points; the larger "
    "a mark, the more the filter matters, where that was measured. Boxes: modulations that listeners "
    "detect best, and those that they need most to understand speech. Right, mean power transfer.",
    "transfer": "Left and middle, mean power transfer along each axis of the modulation plane. Right, how far "
    "the gain of each kernel is from that of the filter it is cut out of: numbers of filters whose energy "
    "is mostly cut off describe what they were meant to be rather than what they are.",
    "displacement": "Left, from where each filter began to where it is. Right, how much its response has "
    "changed, against the distance from where other filters began.",
    "responses": "A recording, and what a few filters make of it (magnitude of their responses).",
    "importance": "Left, what is added to the error without each filter, over what gradients foretell; "
    "the five largest are numbered. Right, filters that add most to the error when they are gone.",
    "models": "Wasserstein distances between banks of filters, ± 1.96 standard errors, and what chance would "
    "give; a star where chance does not explain as much. Below, models joined from the nearest to "
    "the farthest, and laid out on a plane. Where names are long, models are numbered as they are "
    "above.",
}


def write_report(
    readings: Sequence[Reading],
    out: Path,
    pictures: Mapping[str, Mapping[str, Figure]],
    comparison: Comparison | None = None,
    suffix: str = "png",
) -> list[Path]:
    """Write `filters.csv`, `summary.json`, pictures, and `report.html` that holds all of it.

    Parameters
    ----------
    readings : sequence of Reading
        One for each model.
    out : Path
        Directory.
    pictures : mapping of str to mapping of str to Figure
        Figures of each model, by its name and by theirs.
    comparison : Comparison, optional
        Of the models.
    suffix : {"png", "svg"}, optional

    Returns
    -------
    paths : list of Path
        Files written, `report.html` last.
    """
    names = [reading.name for reading in readings]
    summaries = {reading.name: summary(reading) for reading in readings}
    content = {"models": summaries}
    if comparison is not None:
        content["between models"] = comparison.summary()
    # nothing is written before everything is there
    written = {
        "filters.csv": _csv([row for reading in readings for row in rows(reading)]).encode(),
        "summary.json": (json.dumps(content, indent=1) + "\n").encode(),
    }

    models = []
    for number, reading in enumerate(readings, start=1):
        prefix = f"{number}-{_as_file_name(reading.name)}." if len(readings) > 1 else ""
        drawn = {kind: _draw(figure, suffix) for kind, figure in pictures[reading.name].items()}
        written |= {f"{prefix}{kind}.{suffix}": picture for kind, picture in drawn.items()}
        models.append(
            {
                "name": reading.name,
                "findings": findings(reading),
                "summary": summaries[reading.name],
                "quartiles": quartiles(reading),
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
        title=f"What the filters of {names[0] if len(names) == 1 else f'{len(names)} models'} respond to",
        models=models,
        comparison=between,
        has_importance=any(reading.importance is not None for reading in readings),
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
    letters = shortened(name, MOST_LETTERS)
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in letters)


def _csv(filters: list[dict]) -> str:
    stream = io.StringIO()
    # models without importance have fewer columns
    names = list(dict.fromkeys(name for row in filters for name in row))
    # a carriage return in a name would end its row unless it is quoted
    writer = csv.DictWriter(stream, names, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    writer.writerows({name: _as_text(cell) for name, cell in row.items()} for row in filters)
    return stream.getvalue()


def _as_text(cell: float | str) -> float | str:
    """Put an apostrophe before text that a spreadsheet program would run."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(RUNS) else cell
