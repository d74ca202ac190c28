#!/usr/bin/env python3
"""Compare front-ends for speaker verification with the same back-end.

The script trains every front-end with every seed, and writes a Markdown table of errors on
development trials, sizes and speeds. Results that exist in OUT are reused.

    python benchmarks/verification.py LIBRISPEECH_MINI/database.yml OUT
"""

from __future__ import annotations

import statistics
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from comparison import FRONTEND_HELP, FRONTENDS, by_frontend, compare, spread, trained
from options import options_of
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


def config(frontend: str) -> dict[str, Any]:
    """Return the configuration of an experiment."""
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
        "architecture": {
            "name": "STRFTDNN",
            "params": {"frontend": options_of("verification", frontend)},
        },
        "optimizer": {"name": "Adam"},
        "scheduler": {"name": "ConstantScheduler", "params": {"learning_rate": 1e-3}},
    }


def run(frontend: str, seed: int, root: Path, epochs: int) -> dict[str, Any]:
    """Train and evaluate one front-end.

    The result holds the numbers of both files, the reference and the score of each trial after the
    last epoch.
    """
    train_dir, seconds_per_step = trained("emb", root, config(frontend), PROTOCOL, seed, epochs)
    trials = get_trials(get_protocol(PROTOCOL, {"audio": FileFinder()}), "development")
    reference = [trial["reference"] for trial in trials]
    rates = {}
    for epoch in train_dir.epochs():
        pipeline = SpeakerVerification(load_model(train_dir.checkpoint(epoch)))
        started = time.perf_counter()
        embeddings, sides = embed_sides(pipeline, trials, f"epoch {epoch}")
        scores = trial_scores(embeddings, sides)
        curve = tradeoff(reference, scores)
        elapsed = time.perf_counter() - started
        rates[epoch] = 100 * equal_error_rate(curve).rate
    files = {id(trial[side]): trial[side] for trial in trials for side in ("file1", "file2")}
    speech = sum(Audio().get_duration(file) for file in files.values())
    model = load_model(train_dir.checkpoint(epochs))
    return {
        "equal error rates": rates,
        "speakers": {file["uri"]: file["annotation"].labels()[0] for file in files.values()},
        "trials": [
            [*map(int, pair), int(target), round(float(score), 6)]
            for pair, target, score in zip(sides, reference, scores)
        ],
        "costs": [min_detection_cost(curve, prior) for prior in PRIORS],
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds_per_step": seconds_per_step,
        "real_time_factor": elapsed / speech,
    }


def table(results: list[dict[str, Any]]) -> str:
    """Format means and standard deviations over seeds as a Markdown table."""
    costs = " | ".join(f"minDCF({prior})" for prior in PRIORS)
    lines = [
        f"| front-end | seeds | EER, last epoch (%) | {costs} | EER, best epoch (%) "
        "| parameters | s per step | embedding, s per s of speech |",
        "|---|---|---|---|---|---|---|---|---|",
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
            f"{rows[0]['parameters']:,}",
            f"{statistics.median(steps):.2f}" if steps else "",
            f"{statistics.median(row['real_time_factor'] for row in rows):.4f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(
    librispeech_mini: Annotated[Path, typer.Argument(help="database.yml of LibriSpeechMini.")],
    out: Annotated[Path, typer.Argument(help="Folder for experiments and table.md.")],
    frontend: Annotated[list[str], typer.Option(help=FRONTEND_HELP)] = list(FRONTENDS),
    seed: Annotated[list[int], typer.Option(help="Repeat for several.")] = [0, 1, 2],
    epochs: int = EPOCHS,
) -> None:
    """Compare front-ends for speaker verification with the same back-end."""
    keep_freed_memory()
    load_registry(librispeech_mini)
    compare(partial(run, epochs=epochs), table, out, frontend, seed)


if __name__ == "__main__":
    typer.run(main)
