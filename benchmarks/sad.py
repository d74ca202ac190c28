#!/usr/bin/env python3
"""Compare front-ends for speech activity detection with the same back-end.

The script trains every front-end with every seed, tunes the pipeline on the development subset, and
writes a Markdown table of detection error rates, sizes and speeds. Results that exist in OUT are
reused.

    python benchmarks/sad.py NOISY_MEETINGS/database.yml AMI_EXCERPTS/database.yml OUT
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from comparison import FRONTEND_HELP, FRONTENDS, by_frontend, compare, spread, trained
from options import options_of
from pyannote.audio import Pipeline
from pyannote.core import Segment
from pyannote.database import FileFinder, ProtocolFile
from pyannote.metrics.detection import DetectionErrorRate

from pyannote_strf.applications.load import build_pipeline
from pyannote_strf.applications.sad import SpeechActivityDetection
from pyannote_strf.applications.sad.tuning import best_threshold, cache_scores, tune
from pyannote_strf.cli.memory import keep_freed_memory
from pyannote_strf.database.protocols import get_files, get_protocol, load_registry
from pyannote_strf.models.checkpoint import load_model
from pyannote_strf.progress import silent

TRAINED = "NoisyMeetings.SpeakerDiarization.Noisy"
UNSEEN = "AMIExcerpts.SpeakerDiarization.Excerpts"
# sets to evaluate on
EVALUATED = {"test": (TRAINED, "test"), "unseen": (UNSEEN, "train")}
EPOCHS = 12
BATCH_SIZE = 32
DURATION = 2.0
STEP = 0.5


def config(frontend: str) -> dict[str, Any]:
    """Return the configuration of an experiment."""
    return {
        "task": {
            "name": "SpeechActivityDetection",
            "params": {"duration": DURATION, "batch_size": BATCH_SIZE},
        },
        "architecture": {
            "name": "STRFPyanNet",
            "params": {"frontend": options_of("sad", frontend)},
        },
        "optimizer": {"name": "Adam"},
        "scheduler": {"name": "ConstantScheduler", "params": {"learning_rate": 1e-3}},
    }


def run(
    frontend: str, seed: int, root: Path, epochs: int, evaluated: Sequence[str] = tuple(EVALUATED)
) -> dict[str, Any]:
    """Train, tune and evaluate one front-end."""
    train_dir, seconds_per_step = trained("sad", root, config(frontend), TRAINED, seed, epochs)
    checkpoint = train_dir.checkpoint(epochs)

    model = load_model(checkpoint)
    pipeline = build_pipeline(SpeechActivityDetection(), model, {"step": STEP})
    files = subset(TRAINED, "development")
    scores = cache_scores(pipeline, files)
    _, threshold = best_threshold(pipeline, files)
    parameters, development = tune(pipeline, files, scores, threshold, 200, silent)
    pipeline.training = False
    pipeline.instantiate(parameters)
    rates: dict[str, dict[str, float]] = {}
    seconds: dict[str, dict[str, dict[str, float]]] = {}
    factors = {}
    for name in evaluated:
        rates[name], seconds[name], factors[name] = evaluate(pipeline, subset(*EVALUATED[name]))
    return {
        "development": 100 * development,
        **rates,
        "seconds": seconds,
        "pipeline": parameters,
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds_per_step": seconds_per_step,
        "real_time_factor": factors["test"],
    }


def subset(protocol: str, name: str) -> list[ProtocolFile]:
    """Return the files of a subset."""
    return get_files(get_protocol(protocol, {"audio": FileFinder()}), name)


def evaluate(
    pipeline: Pipeline, files: list[ProtocolFile]
) -> tuple[dict[str, float], dict[str, dict[str, float]], float]:
    """Evaluate a pipeline.

    Returns
    -------
    rates : dict of str to float
        In percent.
    seconds : dict of str to dict
        Seconds of speech and of each error, by file.
    real_time_factor : float
        Ratio of processing time to audio duration.
    """
    metric = DetectionErrorRate()
    started, duration = time.perf_counter(), 0.0
    seconds = {}
    for file in files:
        extent: Segment = file["annotated"].extent()
        parts = metric(file["annotation"], pipeline(file), uem=file["annotated"], detailed=True)
        kept = ("total", "miss", "false alarm")
        seconds[file["uri"]] = {name: round(float(parts[name]), 3) for name in kept}
        duration += extent.end
    elapsed = time.perf_counter() - started
    durations = metric.accumulated_
    rates = {
        "DetER": 100 * abs(metric),
        "miss": 100 * durations["miss"] / durations["total"],
        "false alarm": 100 * durations["false alarm"] / durations["total"],
    }
    return rates, seconds, elapsed / duration


def table(results: list[dict[str, Any]]) -> str:
    """Format means and standard deviations over seeds as a Markdown table."""
    lines = [
        "| front-end | seeds | development DetER | test DetER (miss, false alarm) "
        "| AMI excerpts DetER (miss, false alarm) | parameters | s per step | real-time factor |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for frontend, rows in by_frontend(results):
        cells = [frontend, ", ".join(str(row["seed"]) for row in rows)]
        cells.append(spread([row["development"] for row in rows]))
        for corpus in ("test", "unseen"):
            rates = {key: [row[corpus][key] for row in rows] for key in rows[0][corpus]}
            miss, false_alarm = (statistics.mean(rates[key]) for key in ("miss", "false alarm"))
            cells.append(f"{spread(rates['DetER'])} ({miss:.1f}, {false_alarm:.1f})")
        cells.append(f"{rows[0]['parameters']:,}")
        steps = [row["seconds_per_step"] for row in rows if row["seconds_per_step"]]
        cells.append(f"{statistics.median(steps):.2f}" if steps else "")
        cells.append(f"{statistics.median(row['real_time_factor'] for row in rows):.4f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(
    noisy_meetings: Annotated[Path, typer.Argument(help="database.yml of NoisyMeetings.")],
    ami_excerpts: Annotated[Path, typer.Argument(help="database.yml of the AMI excerpts.")],
    out: Annotated[Path, typer.Argument(help="Folder for experiments and table.md.")],
    frontend: Annotated[list[str], typer.Option(help=FRONTEND_HELP)] = list(FRONTENDS),
    seed: Annotated[list[int], typer.Option(help="Repeat for several.")] = [0, 1, 2],
    epochs: int = EPOCHS,
) -> None:
    """Compare front-ends for speech activity detection with the same back-end."""
    keep_freed_memory()
    load_registry(noisy_meetings)
    load_registry(ami_excerpts)
    compare(partial(run, epochs=epochs), table, out, frontend, seed)


if __name__ == "__main__":
    typer.run(main)
