"""Predict the audio files of a folder, or of a list, on a Ray cluster.

All machines need this package, the model and the audio under the same paths. Without a cluster, Ray
uses the cores of this machine. Files that have their outputs are skipped, so that the command can
be repeated.

    pip install './pyannote-strf[ray]'
    python examples/predict_with_ray.py sad exp recordings labels
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from pyannote_strf.applications.predict import FilePredictor
from pyannote_strf.applications.sources import Source, distinct_outputs, find_sources

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray


class Predict:
    """Predict the file of a row of a dataset. Each worker loads the model once."""

    def __init__(self, predictor: FilePredictor):
        self.predictor = predictor

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the row with the reason of a failure, or an empty one."""
        failure = self.predictor.attempt(Source(Path(row["audio"]), row["name"]))
        return {**row, "failure": "" if failure is None else failure.reason}


def main(
    application: Annotated[str, typer.Argument(help="`sad`, `emb` or `tag`.")],
    model: Annotated[Path, typer.Argument(help="Trained model, as for `predict`.")],
    audio: Annotated[Path, typer.Argument(help="Folder, or text file with one path per line.")],
    out: Annotated[Path, typer.Argument(help="Directory to write.")],
    workers: Annotated[int, typer.Option(help="Number of workers, with one core each.")] = 2,
) -> None:
    """Predict the audio files of a folder, or of a list, on a Ray cluster."""
    predictor = FilePredictor(application, model.resolve(), out.resolve(), skip_existing=True)
    paths = [audio] if audio.is_dir() else audio.read_text().splitlines()
    rows = [
        {"audio": str(source.audio.resolve()), "name": source.name}
        for source in distinct_outputs(find_sources(paths), predictor.suffixes)
        if isinstance(source.audio, Path)
    ]
    predictor.loaded  # noqa: B018 (stops here if the model cannot be loaded)
    # many small blocks, so that a worker that dies repeats little work
    dataset = ray.data.from_items(rows, override_num_blocks=min(len(rows), 100 * workers))
    results = dataset.map(
        Predict, fn_constructor_args=[predictor], num_cpus=1, concurrency=workers
    ).take_all()
    failures = [row["failure"] for row in results if row["failure"]]
    for failure in failures:
        typer.echo(failure, err=True)
    typer.echo(f"Wrote the results of {len(results) - len(failures)} files to {out}")
    if failures:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
