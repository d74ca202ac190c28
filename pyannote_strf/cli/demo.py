"""`pyannote-strf demo`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from pyannote_strf.cli.memory import lasting_imports

NUM_EPOCHS = 6
METRIC = "detection_error_rate"


def demo(
    directory: Annotated[
        Path, typer.Argument(help="Directory to write. It must be new or empty.")
    ] = Path("demo"),
) -> None:
    """Train, tune and test a model in a few minutes, on a corpus made from a single recording."""
    with lasting_imports():
        from pyannote.database import FileFinder

        from pyannote_strf.applications.base import get_application
        from pyannote_strf.applications.load import load_pipeline
        from pyannote_strf.applications.template import write_config
        from pyannote_strf.audio import SAMPLE
        from pyannote_strf.corpora import demo as corpus
        from pyannote_strf.database.protocols import get_files, get_protocol
        from pyannote_strf.experiment.directories import TrainDir
        from pyannote_strf.reports.sheet import save_sheet

    if directory.exists() and any(directory.iterdir()):
        raise ValueError(f"{directory}: not empty; choose another directory")
    registry = corpus.build(directory / "corpus")
    root = directory / "sad"
    config = write_config(root, get_application("sad").template)
    typer.echo(f"Built {registry} and {config}")

    train_dir = TrainDir.of(root, corpus.PROTOCOL, "train")
    validate_dir = train_dir.validate_dir(METRIC, corpus.PROTOCOL, "development")
    options = [corpus.PROTOCOL, f"--registry={registry}"]
    _run("sad", "train", f"--to={NUM_EPOCHS}", "--devices=1", root, *options)
    _run("sad", "validate", f"--metric={METRIC}", train_dir.path, *options)
    _run("sad", "apply", validate_dir.path, *options)

    files = get_files(get_protocol(corpus.PROTOCOL, {"audio": FileFinder()}), "test")
    picture = save_sheet(load_pipeline(validate_dir.path), files[0], directory / "demo.png")
    typer.echo(f"Wrote {picture}")

    # the conversation that utterances of the corpus come from
    conversation = directory / "conversation.wav"
    shutil.copyfile(SAMPLE, conversation)
    _run("sad", "predict", root, conversation)


def _run(*words: str | Path) -> None:
    """Print a command, and run it."""
    from pyannote_strf.cli.main import app

    arguments = list(map(str, words))
    typer.secho(f"\n$ pyannote-strf {' '.join(arguments)}", bold=True)
    if exit_code := app(arguments, standalone_mode=False):
        raise typer.Exit(exit_code)
