"""`pyannote-strf protocols`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pyannote_strf.cli.clip_tables import print_clips
from pyannote_strf.cli.options import ProtocolName, Registry, expanded
from pyannote_strf.cli.signatures import option, with_parameters
from pyannote_strf.corpora import corpora, find

if TYPE_CHECKING:
    from pyannote_strf.database.check import Report

app = typer.Typer(help="List, define and check protocols.", no_args_is_help=True)


@app.command("list")
def list_(registry: Registry = None) -> None:
    """List all available protocols."""
    from pyannote_strf.database.overview import overview
    from pyannote_strf.database.protocols import load_registry

    load_registry(registry)
    table = Table("audio", "annotation", "protocol", box=box.SIMPLE_HEAD)
    defined: dict[Path, list[str]] = {}
    missing: dict[str, list[str]] = {}
    for protocol in overview():
        audio = Text(str(protocol.audio), style="" if protocol.audio.present else "red")
        table.add_row(audio, _mark(protocol.annotation), Text(protocol.name))
        for where in protocol.database_ymls:
            defined.setdefault(where, []).append(protocol.name)
        for what in protocol.missing:
            missing.setdefault(what, []).append(protocol.name)
    Console(soft_wrap=True).print(table)
    for title, reasons in (("Defined in", defined), ("Missing", missing)):
        for reason, names in reasons.items():
            typer.echo(f"{title}: {reason}\n  {', '.join(names)}")


def with_corpora(command: Callable) -> Callable:
    """Replace the `**folders` of a command by an option for the folder of each corpus."""
    *own, _ = inspect.signature(command, eval_str=True).parameters.values()
    folders = [
        option(
            name,
            None,
            Annotated[Path | None, typer.Option(metavar="DIR", help=title, callback=expanded)],
        )
        for name, title in corpora().items()
    ]
    return with_parameters(command, [*own, *folders])


@app.command()
@with_corpora
def init(
    out: Annotated[Path, typer.Argument(help="The database.yml to write.")],
    group: Annotated[
        str | None,
        typer.Option(
            help="With --folders: regular expression in names of files. Clips with the same match, "
            "such as a speaker, are in one fold."
        ),
    ] = None,
    num_folds: Annotated[
        int | None, typer.Option(help="With --folders: number of folds. Defaults to 5.")
    ] = None,
    **folders: Path | None,
) -> None:
    """Write a database.yml for the corpora in given folders."""
    from pyannote_strf.corpora.database_yml import write_database_yml

    given = {name: folder for name, folder in folders.items() if folder is not None}
    of_folders = {"group": group, "num_folds": num_folds}
    options = {"folders": {key: value for key, value in of_folders.items() if value is not None}}
    for key in options["folders"]:
        if "folders" not in given:
            raise ValueError(f"--{key.replace('_', '-')} needs --folders")
    if not given:
        raise ValueError(f"no folder is given; valid options: --{', --'.join(folders)}")
    with Console(stderr=True).status("Looking for recordings"):
        found = [find(name, folder, **options.get(name, {})) for name, folder in given.items()]
    lists = iter(write_database_yml(found, out))
    for corpus in found:
        for name, paths in corpus.databases.items():
            typer.echo(f"{name}: {', '.join(paths)}")
        for lines in corpus.lists.values():
            path = next(lists)
            if path.suffix == ".lst":
                typer.echo(f"{path}: {len(lines)} recordings")
        for note in corpus.notes:
            typer.echo(note, err=True)
    typer.echo(f"Wrote {out}; see `pyannote-strf protocols list --registry={out}`")


Thorough = Annotated[
    bool, typer.Option("--thorough", help="Decode each recording in full, not only its end.")
]


@app.command()
def check(
    protocol: ProtocolName,
    thorough: Thorough = False,
    registry: Registry = None,
) -> None:
    """Open every file of a protocol, and list problems. The exit code is 1 if there are any."""
    report = _report(protocol, registry, thorough)
    for message in report.messages:
        typer.echo(message)
    _print_table(protocol, report)
    if report.problems:
        typer.echo(f"{protocol}: {_count(report)}")
        raise typer.Exit(1)
    typer.echo(f"{protocol}: no problems")


@app.command()
def stats(
    protocol: ProtocolName,
    out: Annotated[
        Path | None,
        typer.Option(help="Picture to write. Defaults to <protocol>.png.", callback=expanded),
    ] = None,
    registry: Registry = None,
) -> None:
    """Count and draw recordings, hours, speech, overlap and speakers, or the clips of classes."""
    from pyannote_strf.reports.corpus import save_clip_sheet, save_corpus_sheet

    report = _report(protocol, registry)
    _print_table(protocol, report)
    if report.problems:
        typer.echo(f"{protocol}: {_count(report)}; see `pyannote-strf protocols check`", err=True)
    out = out or Path(f"{protocol.replace('/', '_')}.png")
    if report.clips:
        picture = save_clip_sheet(protocol, report.clips, out)
    else:
        picture = save_corpus_sheet(protocol, report.files, out)
    typer.echo(f"Wrote {picture}")


@app.command()
def present(
    protocol: ProtocolName,
    out: Annotated[Path, typer.Argument(help="The database.yml to write.")],
    registry: Registry = None,
) -> None:
    """Write a database.yml that keeps only the recordings of a protocol whose audio exists."""
    from pyannote_strf.database.partial import write_present
    from pyannote_strf.database.protocols import get_protocol, load_registry

    load_registry(registry)
    get_protocol(protocol, {})
    for subset, (present, total) in write_present(protocol, out).items():
        typer.echo(f"{subset}: {present:,} of {total:,} recordings")
    typer.echo(f"Wrote {out}; use it as --registry={out}")


def _report(protocol: str, registry: Path | None, thorough: bool = False) -> Report:
    """Open every file of a protocol, with a progress display."""
    from pyannote_strf.database.check import check as run
    from pyannote_strf.database.protocols import get_protocol, load_registry

    load_registry(registry)
    get_protocol(protocol, {})
    with Console(stderr=True).status("Opening recordings") as status:
        return run(
            protocol,
            lambda subset, done, total: status.update(Text(f"{subset}: {done:,} of {total:,}")),
            thorough,
        )


def _count(report: Report) -> str:
    count, kinds = len(report.problems), len(report.messages)
    of_kinds = f" of {kinds:,} kind{'s' if kinds > 1 else ''}" if kinds < count else ""
    return f"{count:,} problem{'s' if count > 1 else ''}{of_kinds}"


def _print_table(protocol: str, report: Report) -> None:
    """Print statistics of the recordings of each subset."""
    from pyannote_strf.database.statistics import subset_statistics

    if report.clips:
        print_clips(protocol, report)
        return
    columns = ("files", "hours", "annotated", "speech", "overlap", "speakers", "Hz")
    table = Table(
        "subset",
        *columns,
        title=Text(protocol, style="table.title"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for subset, files in report.files.items():
        statistics = subset_statistics(files)
        annotated = statistics.annotated or 1.0
        table.add_row(
            Text(subset),
            f"{statistics.files:,}",
            f"{statistics.duration / 3600:.2f}",
            f"{statistics.annotated / 3600:.2f}",
            f"{100 * statistics.speech / annotated:.1f} %",
            f"{100 * statistics.overlap / annotated:.1f} %",
            f"{len(statistics.speakers):,}",
            ", ".join(map(str, sorted(report.sample_rates[subset]))),
        )
    Console().print(table)


def _mark(present: bool | None) -> str:
    return {None: "", True: "yes", False: "[red]no[/red]"}[present]
