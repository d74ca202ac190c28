"""Progress bars."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress as rich
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from pyannote_strf.progress import Progress


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Draw progress bars on standard error, as a context manager.

    Yields
    ------
    progress : callable
        Called with `what`, `done` and `total`, it draws one bar for each `what`.
    """
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    bars = rich.Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))
    tasks: dict[str, rich.TaskID] = {}

    def report(what: str, done: int, total: int) -> None:
        if not tasks:
            # an earlier start would print an empty line if no bar is drawn
            bars.start()
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done)

    try:
        yield report
    finally:
        if tasks:
            bars.stop()
