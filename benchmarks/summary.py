"""Tables of front-ends, from stored results."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any, NamedTuple

from comparison import spread
from options import FRONTENDS
from paired import Comparison, Results
from tasks import TASKS, Task
from timing import table

from pyannote_strf.metrics.paired_bootstrap import Estimate

# front-ends that others are compared with; times are relative to the first
REFERENCE = "mel"
REFERENCES = (REFERENCE, "strf")


class Compared(NamedTuple):
    """Results of one task.

    Attributes
    ----------
    task : Task
    comparison : Comparison or None
        None without results.
    results : dict of str to list of dict
        Results of each front-end, by seed.
    refused : dict of str to str
        Why a front-end is not supported.
    """

    task: Task
    comparison: Comparison | None
    results: dict[str, list[dict[str, Any]]]
    refused: dict[str, str]


def compared(stored: Mapping[str, Results]) -> dict[str, Compared]:
    """Return the comparison of the stored results of each task."""
    comparisons = {}
    for name, results in stored.items():
        run = [each for each in results if "refused" not in each]
        task = TASKS[name]
        comparisons[name] = Compared(
            task,
            Comparison(task.measure, run) if run else None,
            {
                frontend: [each for each in run if each["frontend"] == frontend]
                for frontend in FRONTENDS
            },
            {each["frontend"]: each["refused"] for each in results if "refused" in each},
        )
    return comparisons


def summary(comparisons: Mapping[str, Compared]) -> str:
    """Return tables of all tasks, and of each task."""
    parts = [overview(comparisons)]
    parts += [of_task(each) for each in comparisons.values() if each.comparison]
    return "\n".join(parts)


def overview(comparisons: Mapping[str, Compared]) -> str:
    """Return the table of front-ends and tasks."""
    header = ["front-end"]
    for each in comparisons.values():
        arrow = "↑" if each.task.higher_is_better else "↓"
        header.append(f"{each.task.title}, {each.task.corpus}: {each.task.metric} (%) {arrow}")
    rows = [
        [frontend, *(cell(each, frontend) for each in comparisons.values())]
        for frontend in FRONTENDS
    ]
    # front-ends that were not run are left out
    rows = [row for row in rows if any(row[1:])]
    lines = [
        "Means over seeds, ± standard deviations, with the number of seeds in brackets. ↓: lower "
        "is better. ↑: higher is better. A hyphen: not supported, for the reasons below. Empty: "
        "not run.",
        "",
        table(header, rows),
        "",
    ]
    reasons = [
        f"- {frontend}, {each.task.title}, {each.task.corpus}: {reason}"
        for each in comparisons.values()
        for frontend, reason in each.refused.items()
    ]
    return "\n".join([*lines, *(["Not supported:", "", *reasons, ""] if reasons else [])])


def cell(each: Compared, frontend: str) -> str:
    """Return the result of a front-end in a task."""
    if frontend in each.refused:
        return "-"
    if each.comparison is None or not each.results[frontend]:
        return ""
    values = each.comparison.by_seed(frontend)
    return f"{spread(values)} ({len(values)})"


def of_task(each: Compared) -> str:
    """Return the table of one task."""
    task, comparison = each.task, each.comparison
    assert comparison is not None
    header = [
        *("front-end", "seeds", f"{task.metric} (%)"),
        *(f"minus {reference}" for reference in REFERENCES),
        *("parameters of the front-end", "of the model"),
        *(f"{name}, relative to {REFERENCE}" for name in ("training step", "inference")),
    ]
    rows = []
    for frontend, results in each.results.items():
        if not results:
            continue
        times = {
            name: statistics.median(result["times"][name] for result in results)
            for name in ("training", "inference")
        }
        rows.append(
            [
                frontend,
                ", ".join(map(str, comparison.seeds(frontend))),
                spread(comparison.by_seed(frontend)),
                *(difference(comparison, frontend, reference) for reference in REFERENCES),
                f"{results[0]['frontend parameters']:,}",
                f"{results[0]['parameters']:,}",
                *(f"{time:.2f}" for time in times.values()),
            ]
        )
    epochs = next(results[0]["epochs"] for results in each.results.values() if results)
    return "\n".join(
        [
            f"### {task.title}, {task.corpus}",
            "",
            f"Number of epochs: {epochs}. Differences are in points, with 95 % intervals of a "
            f"paired bootstrap over {comparison.num_units} {task.units}, on the same files and "
            "with the seeds that both front-ends have. Bold: the interval excludes zero. "
            "Intervals leave out the differences between seeds. Times on the CPU are ratios to "
            f"those of {REFERENCE}, measured in turn on one machine, and approximate under load.",
            "",
            table(header, rows),
            "",
        ]
    )


def difference(comparison: Comparison, frontend: str, reference: str) -> str:
    """Format a difference and its interval. Those that exclude zero are bold."""
    if frontend == reference or reference not in comparison.frontends():
        return ""
    found = comparison.difference(frontend, reference)
    return "" if found is None else signed(found)


def signed(difference: Estimate) -> str:
    """Format a difference with its interval, in bold if the interval excludes zero.

    >>> signed(Estimate(-1.5, -2.0, -1.0))
    '**-1.50 (-2.00 to -1.00)**'
    >>> signed(Estimate(0.5, -0.25, 1.0))
    '+0.50 (-0.25 to +1.00)'
    """
    text = "{:+.2f} ({:+.2f} to {:+.2f})".format(*difference)
    return f"**{text}**" if difference.low > 0 or difference.high < 0 else text
