"""Comparison of results of several systems."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyannote_strf.analysis.pictures.comparison import comparison_figure
from pyannote_strf.applications.base import Application, get_application
from pyannote_strf.applications.tables import as_csv
from pyannote_strf.applications.types import Comparable
from pyannote_strf.experiment.directories import ValidateDir
from pyannote_strf.experiment.records import Params, Specs
from pyannote_strf.files import atomic_write, check_writable, write_text
from pyannote_strf.metrics.paired_bootstrap import Estimate, estimate, resample
from pyannote_strf.progress import Progress, silent
from pyannote_strf.reports.names import distinct_names

RESAMPLES = 1000


@dataclass(frozen=True)
class Row:
    """One system by one metric.

    Attributes
    ----------
    system : str
    value : Estimate or None
        None without this metric.
    difference : Estimate or None
        Difference from the first system that has this metric. None for that system.
    compared_with : str
        Name of that system. Empty without a difference.
    note : str
        Why the metric is missing.
    """

    system: str
    value: Estimate | None
    difference: Estimate | None = None
    compared_with: str = ""
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """Comparison of systems.

    Attributes
    ----------
    systems : list of str
        Names of systems.
    resampled : str
        What confidence intervals resample, e.g. "12 files". Empty for a single one, which has no
        interval.
    metrics : dict of str to list of Row
    paths : list of Path
        Files written.
    """

    systems: list[str]
    resampled: str
    metrics: dict[str, list[Row]]
    paths: list[Path]


def compare(
    applied: Sequence[Path],
    out: Path,
    options: dict[str, dict[str, Any]] | None = None,
    progress: Progress = silent,
) -> Comparison:
    """Compare results of `apply`, in total and for each file.

    This writes `metrics.csv`, `files.csv` and `comparison.png`.

    Parameters
    ----------
    applied : sequence of Path
        Results of each system: see :func:`find_applied`.
    out : Path
        Directory to write.
    options : dict, optional
        `CompareOptions` of each application, by its name.
    progress : callable, optional
        See :data:`~pyannote_strf.progress.Progress`.

    Raises
    ------
    ValueError
        If there are fewer than two results, if they are missing or malformed, or if they are of
        different applications or other data.
    """
    if len(applied) < 2:
        raise ValueError("give the results of at least two systems")
    found = [find_applied(path) for path in applied]
    application = _application(found)
    check_writable(out)
    comparable = application.compare(
        found, application.CompareOptions(**(options or {}).get(application.name, {}))
    )
    names = distinct_names([Path(f"{path}.results") for path in found])
    metrics = {}
    for metric in comparable.metrics:
        metrics[metric] = _rows(comparable, metric, names, progress)

    paths = [out / name for name in ("metrics.csv", "files.csv", "comparison.png")]
    write_text(paths[0], _metrics_table(metrics))
    rows = [
        [item, *("" if math.isnan(value) else f"{value:.6f}" for value in values)]
        for item, values in zip(comparable.items, comparable.item_values.T)
    ]
    write_text(paths[1], as_csv(["file", *names], rows))
    first, rows_of_first = next(iter(metrics.items()))
    better = "higher" if comparable.metrics[first].higher_is_better else "lower"
    figure = comparison_figure(
        names,
        f"{first}, {better} is better",
        [row.value for row in rows_of_first],
        comparable.item_metric,
        comparable.items,
        comparable.item_values,
    )
    with atomic_write(paths[2]) as temporary:
        figure.savefig(temporary, format="png", dpi=120)
    resampled = f"{comparable.units} {comparable.unit}" if comparable.units > 1 else ""
    return Comparison(names, resampled, metrics, paths)


def find_applied(path: Path) -> Path:
    """Find the results of `apply`.

    Parameters
    ----------
    path : Path
        A directory that `validate` wrote, a directory that `apply` wrote, or the path of a file of
        results, with or without its suffix.

    Returns
    -------
    applied : Path
        Path of the files of results, without suffix.

    Raises
    ------
    ValueError
        If there are no results, or several.
    """
    path = path.absolute()
    for candidate in (path, path.with_suffix("")) if path.name else ():
        if Path(f"{candidate}.eval").is_file():
            return candidate
    folder = path
    if (path / "params.yml").is_file():
        validate_dir = ValidateDir(path)
        folder = validate_dir.apply_dir(Params.read(validate_dir.params).epoch)
    found = sorted(folder.glob("*.eval"))
    if not found:
        raise ValueError(
            f"{path}: no results with errors found; give a directory that `apply` wrote for files "
            "with a reference, <validate_dir>/apply/<epoch>"
        )
    if len(found) > 1:
        names = ", ".join(str(each.with_suffix("")) for each in found)
        raise ValueError(f"{path}: has {len(found)} results; give one of: {names}")
    return found[0].with_suffix("")


def _application(applied: Sequence[Path]) -> Application:
    names = [_application_name(path.parent.parent.parent) for path in applied]
    for path, name in zip(applied, names):
        if name != names[0]:
            raise ValueError(
                f"{applied[0]} is of `{names[0]}`, {path} of `{name}`; compare results of one "
                "application"
            )
    return get_application(names[0])


def _application_name(applied_from: Path) -> str:
    """Return the name of the application that wrote a directory from `validate` or `train`."""
    params, specs = (applied_from / name for name in ("params.yml", "specs.yml"))
    if specs.is_file() and not params.is_file():
        return Specs.read(specs).application
    return Params.read(params).application


def _rows(
    comparable: Comparable, name: str, systems: Sequence[str], progress: Progress
) -> list[Row]:
    metric = comparable.metrics[name]
    present = [system for system in range(len(systems)) if system not in metric.missing]
    if not present:
        return [Row(each, None, note=metric.missing[i]) for i, each in enumerate(systems)]
    values = dict(
        zip(
            present,
            resample(
                lambda number, drawn: metric.value(present[number], drawn),
                len(present),
                comparable.units,
                num_resamples=RESAMPLES if comparable.units > 1 else 0,
                progress=lambda done: progress(f"resampling, {name}", done, RESAMPLES),
            ),
        )
    )
    first = present[0]
    rows = []
    for system, each in enumerate(systems):
        if system not in values:
            rows.append(Row(each, None, note=metric.missing[system]))
        elif system == first:
            rows.append(Row(each, estimate(values[first])))
        else:
            difference = estimate(values[system] - values[first])
            rows.append(Row(each, estimate(values[system]), difference, systems[first]))
    return rows


def _metrics_table(metrics: dict[str, list[Row]]) -> str:
    header = ["metric", "system", "value", "low", "high"]
    header += ["compared_with", *(f"difference{suffix}" for suffix in ("", "_low", "_high"))]
    rows = []
    for metric, each in metrics.items():
        for row in each:
            numbers = [*(row.value or [None] * 3), *(row.difference or [None] * 3)]
            texts = [
                "" if number is None or math.isnan(number) else f"{number:.6f}"
                for number in numbers
            ]
            rows.append([metric, row.system, *texts[:3], row.compared_with, *texts[3:]])
    return as_csv(header, rows)
