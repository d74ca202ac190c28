"""Interleaved timings, peak memory, and tables in README.md."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

README = Path(__file__).parent / "README.md"


def milliseconds(variants: Mapping[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Median time of each variant, over runs that take turns: their ratios hold on a noisy machine.

    One run of each goes before, and is not counted.
    """
    times: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(runs + 1):
        for name, variant in variants.items():
            started = time.perf_counter()
            variant()
            times[name].append(1000 * (time.perf_counter() - started))
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def peak_megabytes(function: Callable[..., None], *args) -> float:
    """Memory that a call adds to that of its process at its peak, in a process of its own.

    Parameters
    ----------
    function : callable
        Prepares, and returns what is to be called.
    args : optional
        Given to `function`.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak, (function, *args))


def _peak(function: Callable[..., Callable[[], object]], *args) -> float:
    step = function(*args)
    # Linux: forget the peak so far
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    step()
    return (_status("VmHWM") - before) / 1024


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table.

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
    """Print a text, and put it into README.md in the place of the one of that name."""
    print(text)
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    README.write_text(f"{before}{begin}{text}\n{end}{after}", encoding="utf-8")
