#!/usr/bin/env python3
"""Measure `sad predict`: start, many recordings on one core and on all, many short recordings.

The model has random weights: times do not depend on them.

    python benchmarks/prediction.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import soundfile
import torch
import typer
from options import options_of
from pyannote.audio.core.task import Problem, Resolution, Specifications
from timing import milliseconds, table, write

from pyannote_strf import STRFPyanNet
from pyannote_strf.applications.predict import FilePredictor, predict
from pyannote_strf.applications.sources import find_sources
from pyannote_strf.audio import SAMPLE

ONE_CORE = {**os.environ, "OMP_NUM_THREADS": "1"}


def write_checkpoint(path: Path) -> None:
    """Write the checkpoint of a model for speech activity detection."""
    torch.manual_seed(0)
    model = STRFPyanNet(options_of("sad", "strf"))
    model.specifications = Specifications(
        Problem.BINARY_CLASSIFICATION, Resolution.FRAME, duration=2.0, classes=["speech"]
    )
    model.setup()
    content = {"state_dict": model.state_dict(), "hyper_parameters": dict(model.hparams)}
    model.on_save_checkpoint(content)
    torch.save({**content, "pytorch-lightning_version": "2.6.0"}, path)


def write_recordings(folder: Path, count: int, duration: float) -> None:
    """Write parts of the sample recording of pyannote.audio."""
    audio, sample_rate = soundfile.read(SAMPLE, dtype="float32")
    rng = np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        part = np.roll(audio, rng.integers(len(audio)))[: round(duration * sample_rate)]
        soundfile.write(folder / f"{number:05d}.wav", part, sample_rate)


def seconds(command: list[str | Path], environment: dict[str, str] | None = None) -> float:
    """Return the time of a command."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


def start(model: Path, runs: int) -> list[str]:
    """Compare the prediction of ten seconds with the import of pyannote.audio."""
    recording = model.parent / "ten"
    write_recordings(recording, 1, 10.0)
    script = Path(sys.executable).with_name("pyannote-strf")
    times = milliseconds(
        {
            "import": lambda: seconds([sys.executable, "-c", "import pyannote.audio"]),
            "predict": lambda: seconds(
                [script, "sad", "predict", "--cpu", model, recording / "00000.wav"]
            ),
        },
        runs,
    )
    ratio = times["predict"] / times["import"]
    return [
        "one recording of 10 s, whole process",
        f"{times['predict'] / 1000:.1f} s",
        f"{ratio:.2f} of `import pyannote.audio`",
    ]


def cores(model: Path, count: int, runs: int) -> list[str]:
    """Compare all cores with one."""
    recordings = model.parent / "long"
    write_recordings(recordings, count, 30.0)
    script = Path(sys.executable).with_name("pyannote-strf")
    command: list[str | Path] = [
        script,
        "sad",
        "predict",
        "--cpu",
        model,
        recordings,
        "--out",
        model.parent / "out",
    ]
    times = milliseconds(
        {"one": lambda: seconds(command, ONE_CORE), "all": lambda: seconds(command)}, runs
    )
    return [
        f"{count} recordings of 30 s, {os.cpu_count()} cores",
        f"{times['all'] / 1000:.0f} s",
        f"{times['one'] / times['all']:.2f} times faster than on one core",
    ]


def overhead(model: Path, count: int) -> list[str]:
    """Compare predictions of short recordings with calls of their model, on one core."""
    recordings = model.parent / "short"
    write_recordings(recordings, count, 1.0)
    torch.set_num_threads(1)
    predictor = FilePredictor("sad", model, model.parent / "out")
    sources = find_sources([recordings])
    predict(predictor, sources[: count // 10], jobs=1)
    before = resident_megabytes()
    started = time.perf_counter()
    predict(predictor, sources, jobs=1)
    each = 1000 * (time.perf_counter() - started) / count
    grown = resident_megabytes() - before

    network = predictor.loaded.pipeline._segmentation.model
    chunk = torch.randn(1, 1, 32000)
    calls = []
    with torch.inference_mode():
        for _ in range(200):
            started = time.perf_counter()
            network(chunk)
            calls.append(1000 * (time.perf_counter() - started))
    return [
        f"{count} recordings of 1 s, one core",
        f"{each:.1f} ms each",
        f"{each - statistics.median(calls):.1f} ms more than a call of the model; "
        f"memory grew by {grown:.0f} MB",
    ]


def resident_megabytes() -> float:
    """Return the memory of this process. Linux only."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(
    runs: Annotated[int, typer.Option(help="Runs of each command.")] = 5,
    long: Annotated[int, typer.Option(help="Number of recordings of 30 s.")] = 200,
    short: Annotated[int, typer.Option(help="Number of recordings of 1 s.")] = 10_000,
) -> None:
    """Measure `sad predict`."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.ckpt"
        write_checkpoint(model)
        rows = [start(model, runs), cores(model, long, max(1, runs // 2)), overhead(model, short)]
    write("prediction", table(["`sad predict`", "time", "compared"], rows))


if __name__ == "__main__":
    typer.run(main)
