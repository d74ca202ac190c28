"""Tables of the clips of a protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from pyannote_strf.database.check import Report


def print_clips(protocol: str, report: Report) -> None:
    """Print the number of clips, hours and groups of each subset, and the clips of each class."""
    from pyannote_strf.database.check_clips import known, positives

    subsets = Table(
        "subset",
        *("clips", "hours", "groups", "Hz"),
        title=Text(protocol, style="table.title"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for subset, files in report.files.items():
        clips = report.clips.get(subset, [])
        subsets.add_row(
            Text(subset),
            f"{len(files):,}",
            f"{sum(file.duration for file in files) / 3600:.2f}",
            f"{len({clip.group for clip in clips} - {None}):,}",
            ", ".join(map(str, sorted(report.sample_rates[subset]))),
        )
    counts = {subset: (positives(clips), known(clips)) for subset, clips in report.clips.items()}
    classes = Table("class", *map(escape, report.clips), box=box.SIMPLE_HEAD, pad_edge=False)
    for label in sorted({label for found, _ in counts.values() for label in found}):
        cells = []
        for subset, (found, of) in counts.items():
            some = of[label] < len(report.clips[subset])
            cells.append(
                f"{found[label]:,} of {of[label]:,} known" if some else f"{found[label]:,}"
            )
        classes.add_row(Text(label), *cells)
    for table in (subsets, classes):
        Console().print(table)
