"""The `pyannote-strf` command."""

from __future__ import annotations

import logging
import os
import sys
import warnings

import typer
import yaml

from pyannote_strf.applications.base import applications
from pyannote_strf.cli import application, compare, demo, export, filters, launcher, protocols
from pyannote_strf.cli.debug import add_debug_option
from pyannote_strf.cli.flags import show_plain_flags
from pyannote_strf.cli.memory import keep_freed_memory
from pyannote_strf.messages import MAX_CHARACTERS, describe
from pyannote_strf.version import __version__

app = typer.Typer(
    help="Learnable spectro-temporal receptive fields for pyannote.audio.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for each in applications().values():
    app.add_typer(application.build(each), name=each.name)
app.add_typer(protocols.app, name="protocols")
app.command("compare")(compare.command())
app.command("demo")(demo.demo)
app.command("export")(export.export)
app.command("filters")(filters.filters)
app.command("plug")(launcher.plug)
app.command("unplug")(launcher.unplug)
add_debug_option(app)
show_plain_flags(app)


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"pyannote-strf {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Show the version."
    ),
) -> None:
    pass


def main() -> None:
    """Run the command line. Errors are reported in one line on standard error."""
    if "--debug" in sys.argv:
        app()
        return
    keep_freed_memory()
    _silence()
    try:
        app()
    except (ValueError, OSError, yaml.YAMLError) as error:
        sys.exit(f"error: {_one_line(error)}")
    except MemoryError as error:
        sys.exit(f"error: {describe(error)}")
    except Exception as error:
        sys.exit(f"error: {type(error).__name__}: {_one_line(error)} (--debug shows the traceback)")


def _silence() -> None:
    """Hide warnings and log messages of libraries, in this process and in its children."""
    warnings.filterwarnings("ignore")
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    logging.disable(logging.INFO)


def _one_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [repr(error)]
    if lines[0].startswith("Caught "):
        # raised in a data loading process: the message is the last line of a traceback
        line = lines[-1].partition(": ")[2] or lines[-1]
    else:
        line = " ".join(lines)
    half = MAX_CHARACTERS // 2
    return line if len(line) <= MAX_CHARACTERS else f"{line[:half]} ... {line[-half:]}"
