"""Comparison of front-ends over several seeds.

Results are stored, so that an interrupted comparison can be continued.
"""

from __future__ import annotations

import json
import re
import statistics
import time
from collections.abc import Callable, Collection, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from lightning.pytorch import Callback
from rich.console import Console

from pyannote_strf.applications.base import get_application
from pyannote_strf.experiment.directories import TrainDir
from pyannote_strf.experiment.train import train
from pyannote_strf.files import write_text

FRONTENDS = ("strf", "sincnet", "mel", "conv2d")
FRONTEND_HELP = "Name, or e.g. '{name: strf, stride: [4, 1]}'. Repeat for several."


class StepTimer(Callback):
    """Measure the time between training steps, including data loading."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_train_batch_end(self, *_: object) -> None:
        """Record the time of a step."""
        self.ends.append(time.perf_counter())

    def median(self) -> float | None:
        """Return the median time between steps, in seconds."""
        steps = [end - start for start, end in pairwise(self.ends)]
        return statistics.median(steps) if steps else None


def trained(
    application: str,
    root: Path,
    config: dict[str, Any],
    protocol: str,
    seed: int,
    epochs: int,
    held_out: Collection[str] = (),
) -> tuple[TrainDir, float | None]:
    """Train to a number of epochs without held-out files, and resume an earlier run if any.

    Returns
    -------
    train_dir : TrainDir
    seconds_per_step : float or None
        Median. None if the earlier run was complete.
    """
    root.mkdir(parents=True, exist_ok=True)
    (root / "config.yml").write_text(yaml.safe_dump(config))
    train_dir = TrainDir.of(root, protocol, "train")
    done = (train_dir.epochs() or [0])[-1]
    timer = StepTimer()
    if done < epochs:
        train(
            get_application(application),
            root,
            protocol,
            start=done,
            end=epochs,
            num_workers=0,
            seed=seed,
            held_out=held_out,
            callbacks=[timer],
            accelerator="cpu",
            limit_val_batches=0,
        )
    return train_dir, timer.median()


def compare(
    run: Callable[[str, int, Path], dict[str, Any]],
    table: Callable[[list[dict[str, Any]]], str],
    out: Path,
    frontends: Iterable[str],
    seeds: Iterable[int],
) -> None:
    """Run every front-end with every seed, unless its result is in `out`, and write the table."""
    for seed in seeds:
        for name in frontends:
            run_once(run, out, name, seed)
            (out / "table.md").write_text(table(stored(out)))
            Console().print((out / "table.md").read_text())


def run_once(
    run: Callable[[str, int, Path], dict[str, Any]], out: Path, frontend: str, seed: int
) -> None:
    """Run a front-end with a seed and store the result, unless there is one in `out`."""
    root = out / f"{re.sub(r'[^a-z0-9]+', '_', frontend).strip('_')}-{seed}"
    path = root / "result.json"
    if not path.exists():
        result = {"frontend": frontend, "seed": seed, **run(frontend, seed, root)}
        root.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(result) + "\n")


def stored(out: Path) -> list[dict[str, Any]]:
    """Return the results in `out`."""
    return [json.loads(path.read_text()) for path in sorted(out.glob("*/result.json"))]


def by_frontend(results: list[dict[str, Any]]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """Group results by front-end: those in `FRONTENDS` first, then others."""
    others = sorted({result["frontend"] for result in results} - set(FRONTENDS))
    for frontend in (*FRONTENDS, *others):
        rows = [result for result in results if result["frontend"] == frontend]
        if rows:
            yield frontend, rows


def spread(values: list[float], digits: int = 2) -> str:
    """Format the mean and the standard deviation over seeds.

    >>> spread([1.0, 2.0, 3.0])
    '2.00 ± 1.00'
    """
    deviation = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.{digits}f}{deviation}"
