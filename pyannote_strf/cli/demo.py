"""`pyannote-strf demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyannote_strf.cli.memory import lasting_imports
from pyannote_strf.cli.options import Debug

NUM_EPOCHS = 6
METRIC = "detection_error_rate"


def demo(
    directory: Annotated[
        Path, typer.Argument(help="Where to put everything: a directory that is new, or empty.")
    ] = Path("demo"),
    debug: Debug = False,
) -> None:
    """Train on one speaker, test on another: the whole way in a few minutes, without a corpus."""
    with lasting_imports():
        import torch
        from pyannote.database import FileFinder

        from pyannote_strf.analysis.pictures.sheet import save_sheet
        from pyannote_strf.applications.sad.apply import tuned_pipeline
        from pyannote_strf.cli import sad
        from pyannote_strf.corpora import demo as corpus
        from pyannote_strf.database.protocols import get_files, get_protocol
        from pyannote_strf.experiment.layout import TrainDir
        from pyannote_strf.files import write_text

    if directory.exists() and any(directory.iterdir()):
        raise ValueError(f"{directory}: not empty; name another directory")
    registry = corpus.build(directory / "corpus")
    root = directory / "sad"
    write_text(root / "config.yml", corpus.CONFIG_YML)
    typer.echo(f"Built {registry} and {root / 'config.yml'}")

    train_dir = TrainDir.of(root, corpus.PROTOCOL, "train")
    validate_dir = train_dir.validate_dir(METRIC, corpus.PROTOCOL, "development")
    options = f"{corpus.PROTOCOL} --registry={registry}"

    _say(f"sad train --to={NUM_EPOCHS} {root} {options}")
    sad.train(root, corpus.PROTOCOL, to=NUM_EPOCHS, devices="1", registry=registry)
    _say(f"sad validate --metric={METRIC} {train_dir.path} {options}")
    sad.validate(train_dir.path, corpus.PROTOCOL, metric=METRIC, registry=registry)
    _say(f"sad apply {validate_dir.path} {options}")
    sad.apply(validate_dir.path, corpus.PROTOCOL, registry=registry)

    pipeline, _ = tuned_pipeline(validate_dir, None, torch.device("cpu"))
    protocol = get_protocol(corpus.PROTOCOL, {"audio": FileFinder()})
    picture = save_sheet(pipeline, get_files(protocol, "test")[0], directory / "demo.png")
    typer.echo(f"Wrote {picture}")


def _say(command: str) -> None:
    typer.secho(f"\n$ pyannote-strf {command}", bold=True)
