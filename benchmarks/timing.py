"""Measurement of time and memory, and tables in README.md."""

from __future__ import annotations

import multiprocessing
import statistics
import textwrap
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

README = Path(__file__).parent / "README.md"


def milliseconds(
    variants: Mapping[str, Callable[[], object]],
    runs: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Return the median time of each variant, in milliseconds.

    The variants run in turn, so that their ratios are reliable on a busy machine. A first run of
    each is not counted.

    Parameters
    ----------
    variants : mapping of str to callable
    runs : int
        Number of runs of each variant.
    clock : callable, optional
        Returns the time in seconds. Defaults to the time that passes. `time.process_time` is that
        of the cores, which other processes change less.

    Returns
    -------
    times : dict of str to float
    """
    times: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(runs + 1):
        for name, variant in variants.items():
            started = clock()
            variant()
            times[name].append(1000 * (clock() - started))
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def peak_megabytes(function: Callable[..., Callable[[], object]], *args: Any) -> float:
    """Return the peak memory that a call adds to its process, in megabytes. Linux only.

    Parameters
    ----------
    function : callable
        Prepares the measurement, and returns the function to measure. Runs in a new process.
    args : optional
        Arguments of `function`.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak, (function, *args))


def _peak(function: Callable[..., Callable[[], object]], *args: Any) -> float:
    step = function(*args)
    # reset the peak
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    step()
    return (_status("VmHWM") - before) / 1024


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))


def table(header: list[str], rows: list[list[str]]) -> str:
    """Format a Markdown table.

    >>> print(table(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("|" + "|".join(_cell(cell) for cell in line) + "|" for line in lines)


def _cell(cell: str) -> str:
    return cell if cell == "---" else f" {cell} "


def write(name: str, text: str) -> None:
    """Print a text, and replace the section of that name in README.md.

    Paragraphs, which must be of one line, are wrapped. Tables are not.
    """
    text = "\n".join(line if line.startswith("|") else wrapped(line) for line in text.splitlines())
    print(text)
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    README.write_text(f"{before}{begin}{text}\n{end}{after}", encoding="utf-8")


def wrapped(paragraph: str) -> str:
    """Break a paragraph into lines of at most 100 columns."""
    return textwrap.fill(paragraph, 100, break_on_hyphens=False)
