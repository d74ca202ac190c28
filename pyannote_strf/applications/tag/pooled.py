"""Results of the clips of all folds together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from pyannote_strf.analysis.pictures.confusion import confusion_figure
from pyannote_strf.applications.tables import as_csv, read_table
from pyannote_strf.files import atomic_write, write_text
from pyannote_strf.metrics.percent_correct import percent_correct
from pyannote_strf.metrics.tagging import Interval

REFERENCE = "reference"

# name that the first column is read by: a class may be called "reference"
FIRST = ""


def pool(applied: Sequence[Path], out: Path) -> list[Path]:
    """Add the confusion matrices of folds, and write the proportions of correct clips.

    This writes the matrix (`.confusion.csv` and `.confusion.png`), and the proportions of all
    clips and of the clips of each class with 95 % binomial intervals (`.correct.csv`).

    Parameters
    ----------
    applied : sequence of Path
        Paths of the output files of each fold, without suffix.
    out : Path
        Path of the files to write, without suffix.

    Returns
    -------
    written : list of Path
        Empty if clips have several labels.

    Raises
    ------
    ValueError
        If a matrix is malformed, or missing while others exist.
    """
    found = [Path(f"{path}.confusion.csv") for path in applied]
    missing = [path for path in found if not path.exists()]
    if len(missing) == len(found):
        return []
    if missing:
        raise ValueError(f"{missing[0]}: does not exist; apply this fold again")
    matrices = [dict(read_table(path, _row, "remove it", first=FIRST)) for path in found]
    names = sorted({name for matrix in matrices for name in matrix})
    counts = np.array(
        [
            [sum(matrix.get(row, {}).get(column, 0) for matrix in matrices) for column in names]
            for row in names
        ]
    )
    correct = percent_correct(counts)
    totals = counts.sum(axis=1)
    rows = [
        ["all clips", totals.sum(), *map(_number, correct.pooled)],
        *(
            [name, total, *map(_number, interval)]
            for name, total, interval in zip(names, totals, correct.of_classes)
        ),
        ["mean over classes", "", _number(correct.balanced), "", ""],
    ]
    paths = [
        out.with_name(f"{out.name}{suffix}")
        for suffix in (".confusion.csv", ".correct.csv", ".confusion.png")
    ]
    matrix = [[name, *row] for name, row in zip(names, counts)]
    write_text(paths[0], as_csv([REFERENCE, *names], matrix))
    write_text(paths[1], as_csv(["class", "clips", *Interval._fields], rows))
    with atomic_write(paths[2]) as temporary:
        confusion_figure(counts, names, out.name).savefig(temporary, format="png", dpi=120)
    return paths


def _row(row: Mapping[str, str]) -> tuple[str, dict[str, int]]:
    return row[FIRST], {name: int(count) for name, count in row.items() if name != FIRST}


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6f}"
