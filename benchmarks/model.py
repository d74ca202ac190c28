#!/usr/bin/env python3
"""Compare the speed of STRFPyanNet and PyanNet: training, inference, audio reading.

    python benchmarks/model.py

Audio reading is compared with that of pyannote.audio only if FFmpeg is installed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
import torch
import typer
from options import options_of
from pyannote.audio import Inference, Model
from pyannote.audio.core.io import Audio as UpstreamAudio
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.segmentation import PyanNet
from pyannote.core import Segment
from timing import milliseconds, peak_megabytes, table, write

from pyannote_strf import STRFPyanNet
from pyannote_strf.audio import Audio
from pyannote_strf.cli.memory import keep_freed_memory

MODELS: dict[str, Callable[[], Model]] = {
    "`PyanNet` of pyannote.audio": PyanNet,
    "`STRFPyanNet`": lambda: STRFPyanNet(options_of("sad", "strf")),
    "... dense form": lambda: with_path(STRFPyanNet(options_of("sad", "strf")), "dense"),
    "... mel": lambda: STRFPyanNet(options_of("sad", "mel")),
    "... conv2d": lambda: STRFPyanNet(options_of("sad", "conv2d")),
}
STRIDES = ((1, 1), (2, 1), (4, 1), (4, 2), (8, 2))
BATCH_SIZE = 32
RATE = 16000


def with_path(model: STRFPyanNet, path: str) -> STRFPyanNet:
    """Choose how the layer is computed."""
    model.frontend.filters.path = path
    return model


def built(name: str) -> Model:
    """Build a model for speech activity detection."""
    torch.manual_seed(0)
    model = MODELS[name]()
    model.specifications = Specifications(
        problem=Problem.BINARY_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=2.0,
        classes=["speech"],
    )
    model.build()
    return model


def training_step(model: Model) -> Callable[[], None]:
    """Return a function that runs a training step."""
    model.train()
    optimizer = torch.optim.Adam(model.parameters())
    waveforms = torch.randn(BATCH_SIZE, 1, 2 * RATE)

    def step() -> None:
        optimizer.zero_grad()
        scores = model(waveforms)
        torch.nn.functional.binary_cross_entropy(scores, torch.zeros_like(scores)).backward()
        optimizer.step()

    return step


def memory_step(name: str) -> Callable[[], None]:
    """Return a training step of a model, whose memory is measured."""
    return training_step(built(name))


def models(runs: int, minutes: float) -> str:
    """Compare time and memory of models."""
    file = {"waveform": 0.1 * torch.randn(1, round(60 * minutes * RATE)), "sample_rate": RATE}
    training = milliseconds({name: training_step(built(name)) for name in MODELS}, runs)
    inferences = {name: Inference(built(name).eval(), step=0.5) for name in MODELS}
    inference = milliseconds({name: partial(run, file) for name, run in inferences.items()}, runs)
    (theirs, *_) = MODELS
    rows = [
        [
            name,
            f"{training[name]:.0f} | {training[name] / training[theirs]:.2f}",
            f"{inference[name] / 1000:.2f} | {inference[name] / inference[theirs]:.2f}",
            f"{peak_megabytes(memory_step, name):.0f}",
        ]
        for name in MODELS
    ]
    return table(
        [
            "model",
            "training step (ms) | ratio",
            f"{minutes:.0f} min of audio (s) | ratio",
            "peak (MB)",
        ],
        rows,
    ).replace("|---|---|---|---|", "|---|---|---|---|---|---|")


def strides(runs: int) -> str:
    """Compare the time of a training step by stride of the filters."""
    steps = {}
    for stride in STRIDES:
        options = {**options_of("sad", "strf"), "stride": list(stride)}
        MODELS["stride"] = partial(STRFPyanNet, options)
        steps[f"{stride[0]} x {stride[1]}"] = training_step(built("stride"))
    del MODELS["stride"]
    times = milliseconds(steps, runs)
    rows = [[name, f"{time:.0f}", f"{time / times['4 x 2']:.2f}"] for name, time in times.items()]
    return table(["stride (bands x frames)", "training step (ms)", "ratio"], rows)


def reading(runs: int, crops: int = 50) -> str:
    """Compare the time to read random chunks of 2 s out of an hour."""
    rng = np.random.default_rng(0)
    starts = rng.uniform(0, 3598, crops)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        minute = 0.1 * rng.standard_normal(60 * RATE)
        for suffix in ("wav", "flac"):
            path = Path(folder) / f"hour.{suffix}"
            with soundfile.SoundFile(path, "w", RATE, 1) as sound:
                for _ in range(60):
                    sound.write(minute)

            def crop(reader: UpstreamAudio, path: Path = path) -> Callable[[], None]:
                def run() -> None:
                    for start in starts:
                        reader.crop(path, Segment(start, start + 2.0))

                return run

            readers = {"ours": crop(Audio(RATE, mono="downmix"))}
            try:
                theirs = UpstreamAudio(RATE, mono="downmix")
                theirs.crop(path, Segment(0, 2.0))
                readers["theirs"] = crop(theirs)
            except (RuntimeError, ImportError, NameError):
                pass
            times = {name: time / crops for name, time in milliseconds(readers, runs).items()}
            upstream = times.get("theirs")
            rows.append(
                [
                    suffix.upper(),
                    f"{times['ours']:.2f}",
                    f"{upstream:.2f}" if upstream else "no FFmpeg here",
                    f"{upstream / times['ours']:.1f}" if upstream else "",
                ]
            )
    return table(["format", "ours (ms per chunk)", "pyannote.audio (ms)", "ratio"], rows)


def main(runs: int = 5, minutes: float = 2.0) -> None:
    """Compare the speed of STRFPyanNet and PyanNet: training, inference, audio reading."""
    keep_freed_memory()
    where = f"{torch.get_num_threads()} threads, medians of {runs} interleaved runs"
    write(
        "model",
        f"Training on {BATCH_SIZE} x 2 s; `Inference` over chunks of 2 s, every 0.5 s; "
        f"{where}. Peak memory is that of one training step.\n\n{models(runs, minutes)}\n\n"
        f"`STRFPyanNet` with other strides, {where}.\n\n{strides(runs)}\n\n"
        f"Random chunks of 2 s out of an hour, {where}.\n\n{reading(runs)}",
    )


if __name__ == "__main__":
    typer.run(main)
