#!/usr/bin/env python3
"""Compare front-ends for speaker verification with the same back-end.

The script trains every front-end with every seed, and writes a Markdown table of errors on
development trials, sizes and speeds. Results that exist in OUT are reused. To choose options
without development trials, hold out training speakers: trials are halves of their utterances.

    python benchmarks/verification.py LIBRISPEECH_MINI/database.yml OUT
    python benchmarks/verification.py LIBRISPEECH_MINI/database.yml HELD_OUT --held-out 40
"""

from __future__ import annotations

import statistics
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
import yaml
from comparison import FRONTEND_HELP, FRONTENDS, by_frontend, compare, spread, trained
from options import options_of
from pyannote.core import Segment, Timeline
from pyannote.database import FileFinder

from pyannote_strf.applications.emb.embedding import embed_sides
from pyannote_strf.audio import Audio
from pyannote_strf.cli.memory import keep_freed_memory
from pyannote_strf.database.protocols import get_protocol, get_trials, load_registry
from pyannote_strf.metrics.score_normalisation import trial_scores
from pyannote_strf.metrics.verification import equal_error_rate, min_detection_cost, tradeoff
from pyannote_strf.models.checkpoint import load_model
from pyannote_strf.pipelines import SpeakerVerification

PROTOCOL = "LibriSpeechMini.SpeakerVerification.Mini"
PRIORS = (0.01, 0.05)
EPOCHS = 8
BATCH_SIZE = 32
DURATION = 3.0

# epochs that held-out trials are averaged over: one epoch differs from the next by several points
LAST = 3

SETTINGS: dict[str, Any] = {
    "architecture": {"name": "STRFTDNN"},
    "learning rates": {"learning_rate": 1e-3},
}


def config(frontend: str, settings: dict[str, Any] = SETTINGS) -> dict[str, Any]:
    """Return the configuration of an experiment."""
    params = {**settings["architecture"], "frontend": options_of("verification", frontend)}
    return {
        "task": {
            "name": "SpeakerEmbedding",
            "params": {
                "duration": DURATION,
                "num_classes_per_batch": BATCH_SIZE,
                "margin": 0.2,
                "scale": 30,
            },
        },
        "architecture": {"name": params.pop("name"), "params": params},
        "optimizer": {"name": "Adam"},
        "scheduler": {"name": "ConstantScheduler", "params": settings["learning rates"]},
    }


def halves(num_speakers: int) -> tuple[list[str], list[dict[str, Any]]]:
    """Return URIs of some training speakers, and the trials of first and second halves of them."""
    files = list(get_protocol(PROTOCOL, {"audio": FileFinder()}).train())
    held_out = [files[index * len(files) // num_speakers] for index in range(num_speakers)]
    sides: list[list[dict[str, Any]]] = [[], []]
    for file in held_out:
        duration = Audio().get_duration(file)
        parts = Segment(0, duration / 2), Segment(duration / 2, duration)
        for side, part in zip(sides, parts):
            side.append({**file, "audio": file["audio"], "try_with": Timeline([part])})
    trials = [
        {"reference": int(left["uri"] == right["uri"]), "file1": left, "file2": right}
        for left in sides[0]
        for right in sides[1]
    ]
    return [file["uri"] for file in held_out], trials


def separation(reference: list[int], scores: np.ndarray) -> float:
    """Return the distance of mean scores of targets and others, in standard deviations (d').

    >>> separation([1, 1, 0, 0], np.array([3.0, 5.0, 0.0, 2.0]))
    3.0
    """
    is_target = np.array(reference) == 1
    targets, others = scores[is_target], scores[~is_target]
    return float((targets.mean() - others.mean()) / np.sqrt((targets.var() + others.var()) / 2))


def run(
    frontend: str,
    seed: int,
    root: Path,
    epochs: int,
    held_out: int = 0,
    settings: dict[str, Any] = SETTINGS,
) -> dict[str, Any]:
    """Train and evaluate one front-end.

    The result holds the numbers of both files, the reference and the score of each trial after the
    last epoch.
    """
    if held_out:
        excluded, trials = halves(held_out)
    else:
        excluded = []
        trials = get_trials(get_protocol(PROTOCOL, {"audio": FileFinder()}), "development")
    train_dir, seconds_per_step = trained(
        "emb", root, config(frontend, settings), PROTOCOL, seed, epochs, excluded
    )
    reference = [trial["reference"] for trial in trials]
    rates, separations = {}, {}
    for epoch in train_dir.epochs():
        pipeline = SpeakerVerification(load_model(train_dir.checkpoint(epoch)))
        started = time.perf_counter()
        embeddings, sides = embed_sides(pipeline, trials, f"epoch {epoch}")
        scores = trial_scores(embeddings, sides)
        elapsed = time.perf_counter() - started
        curve = tradeoff(reference, scores)
        rates[epoch] = 100 * equal_error_rate(curve).rate
        separations[epoch] = separation(reference, scores)
    files = {id(trial[side]): trial[side] for trial in trials for side in ("file1", "file2")}
    speech = sum(
        file["try_with"].duration() if held_out else Audio().get_duration(file)
        for file in files.values()
    )
    model = load_model(train_dir.checkpoint(epochs))
    return {
        "equal error rates": rates,
        "speakers": {file["uri"]: file["annotation"].labels()[0] for file in files.values()},
        "trials": [
            [*map(int, pair), int(target), round(float(score), 6)]
            for pair, target, score in zip(sides, reference, scores)
        ],
        "separations": separations,
        "costs": [min_detection_cost(curve, prior) for prior in PRIORS],
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds_per_step": seconds_per_step,
        "real_time_factor": elapsed / speech,
        "settings": settings,
    }


def table(results: list[dict[str, Any]]) -> str:
    """Format means and standard deviations over seeds as a Markdown table."""
    costs = " | ".join(f"minDCF({prior})" for prior in PRIORS)
    lines = [
        f"| front-end | seeds | EER, last epoch (%) | {costs} | EER, best epoch (%) "
        f"| EER, last {LAST} epochs (%) | d', last {LAST} epochs "
        "| parameters | s per step | embedding, s per s of speech |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for frontend, rows in by_frontend(results):
        rates = [list(row["equal error rates"].values()) for row in rows]
        steps = [row["seconds_per_step"] for row in rows if row["seconds_per_step"]]
        cells = [
            frontend,
            ", ".join(str(row["seed"]) for row in rows),
            spread([of_epochs[-1] for of_epochs in rates]),
            *(spread(list(cost), digits=3) for cost in zip(*(row["costs"] for row in rows))),
            spread([min(of_epochs) for of_epochs in rates]),
            spread([statistics.mean(of_epochs[-LAST:]) for of_epochs in rates]),
            spread([statistics.mean(list(row["separations"].values())[-LAST:]) for row in rows]),
            f"{rows[0]['parameters']:,}",
            f"{statistics.median(steps):.2f}" if steps else "",
            f"{statistics.median(row['real_time_factor'] for row in rows):.4f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(
    librispeech_mini: Annotated[Path, typer.Argument(help="database.yml of LibriSpeechMini.")],
    out: Annotated[Path, typer.Argument(help="Folder for experiments and table.md.")],
    frontend: Annotated[list[str], typer.Option(help=FRONTEND_HELP)] = [*FRONTENDS, "hybrid"],
    seed: Annotated[list[int], typer.Option(help="Repeat for several.")] = [0, 1, 2],
    epochs: int = EPOCHS,
    held_out: Annotated[int, typer.Option(help="Training speakers to hold out for trials.")] = 0,
    settings: Annotated[str, typer.Option(help="Settings to replace, in YAML.")] = "{}",
) -> None:
    """Compare front-ends for speaker verification with the same back-end."""
    keep_freed_memory()
    load_registry(librispeech_mini)
    merged = {**SETTINGS, **yaml.safe_load(settings)}
    measured = partial(run, epochs=epochs, held_out=held_out, settings=merged)
    compare(measured, table, out, frontend, seed)


if __name__ == "__main__":
    typer.run(main)
