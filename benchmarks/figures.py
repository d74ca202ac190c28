#!/usr/bin/env python3
"""Measure the figures that must not get worse, in a plain process and with our memory settings.

python benchmarks/figures.py             # print the table, and a line for each worse figure
python benchmarks/figures.py --record    # also record it in figures.json, for this machine
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
import typer
from costs import training_step as step_of
from layer import forward, forward_and_backward
from model import BATCH_SIZE, RATE, built, training_step
from model import memory_step as model_memory
from pyannote.audio import Inference
from pyannote.audio.core.task import Problem, Resolution, Specifications
from tasks import TASKS, with_specifications
from timing import milliseconds, peak_megabytes, table, write
from torch import nn

from pyannote_strf import DEGramNet, STRFConv2d
from pyannote_strf.cli.memory import keep_freed_memory
from pyannote_strf.layers.blocks import num_outputs
from pyannote_strf.models.base import FrontendModel

RECORD = Path(__file__).parent / "figures.json"

# a figure is worse if it exceeds the recorded one by this factor, the spread on a quiet machine
TOLERANCE = 1.15

OURS, DENSE, THEIRS = "`STRFPyanNet`", "... dense form", "`PyanNet` of pyannote.audio"
INFERENCE, TRAINING = "STRFPyanNet / PyanNet: inference", "STRFPyanNet / PyanNet: training step"
FORWARD, BOTH = "layer / nn.Conv2d: forward", "layer / nn.Conv2d: forward and backward"
SINCGRAM_TRAINING = "STRFPyanNet, SincGram / mel: training step"
DEGRAM_TRAINING = "DEGramNet, DEGram / mel of as many bands: training step"
MAGNITUDES = 'mode "abs", stride 4 x 2 / dense: forward'
MAGNITUDES_BOTH = 'mode "abs", stride 4 x 2 / dense: forward and backward'
MODEL_MEMORY = "STRFPyanNet / dense: peak memory of a training step"
LAYER_MEMORY = "layer / nn.Conv2d: peak memory of a training step"

# ratio to reach, in a plain process and with the settings
GOALS = {
    INFERENCE: (1.0, 1.0),
    TRAINING: (0.5, 0.5),
    FORWARD: (1 / 3, 1 / 4),
    BOTH: (1 / 2.5, 1 / 3),
    SINCGRAM_TRAINING: (1.2, 1.2),
    DEGRAM_TRAINING: (1.3, 1.3),
    MAGNITUDES: (1 / 1.6, 1 / 1.6),
    MAGNITUDES_BOTH: (1 / 1.6, 1 / 1.6),
    MODEL_MEMORY: (1.0, 1.0),
    LAYER_MEMORY: (1.0, 1.0),
}


class Figure(NamedTuple):
    """Time (ms) or memory (MB) of ours and of what it is compared with."""

    ours: float
    reference: float


def layers(magnitudes: bool) -> tuple[nn.Module, nn.Module, torch.Tensor]:
    """Build the layer, what it is compared with, and an input."""
    torch.manual_seed(0)
    if not magnitudes:
        reference: nn.Module = nn.Conv2d(1, 128, (9, 111), padding=(4, 55))
        return STRFConv2d(1, 64, (9, 111), padding=(4, 55)), reference, torch.randn(8, 1, 64, 200)
    layer, dense = (
        STRFConv2d(1, 64, (9, 111), (4, 2), padding=(4, 55), mode="abs", path=path)
        for path in ("auto", "dense")
    )
    dense.load_state_dict(layer.state_dict())
    return layer, dense, torch.randn(32, 1, 64, 198)


def degramnet(name: str) -> FrontendModel:
    """Build a residual network of 18 layers on images of 128 bands."""
    frontend = {"name": name, "spectrogram": {"num_bands": 128, "window": 0.032}}
    specifications = Specifications(
        Problem.MONO_LABEL_CLASSIFICATION, Resolution.CHUNK, 2.0, classes=["call", "song"]
    )
    return with_specifications(DEGramNet(frontend), specifications).train()


def layer_memory(ours: bool) -> Callable[[], None]:
    """Return a training step of the layer or of the convolution, whose memory is measured."""
    layer, reference, x = layers(magnitudes=False)
    return forward_and_backward(layer if ours else reference, x)


def times(settings: bool, runs: int, minutes: float, threads: int) -> dict[str, Figure]:
    """Measure all times in this process."""
    if settings:
        keep_freed_memory()
    torch.set_num_threads(threads)
    figures = {}

    def compare(name: str, ours: Callable[[], object], reference: Callable[[], object]) -> None:
        found = milliseconds({"ours": ours, "reference": reference}, runs)
        figures[name] = Figure(found["ours"], found["reference"])

    file = {"waveform": 0.1 * torch.randn(1, round(60 * minutes * RATE)), "sample_rate": RATE}
    inferences = (Inference(built(name).eval(), step=0.5) for name in (OURS, THEIRS))
    compare(INFERENCE, *(partial(inference, file) for inference in inferences))
    compare(TRAINING, *(training_step(built(name)) for name in (OURS, THEIRS)))
    waveforms = 0.1 * torch.randn(BATCH_SIZE, 1, 2 * RATE)
    networks = (TASKS["sad"].build(name).train() for name in ("sincgram", "mel"))
    compare(SINCGRAM_TRAINING, *(step_of(network, waveforms) for network in networks))
    networks = (degramnet(name) for name in ("degram", "mel"))
    compare(DEGRAM_TRAINING, *(step_of(network, waveforms[:8]) for network in networks))
    layer, reference, x = layers(magnitudes=False)
    compare(FORWARD, forward(layer, x), forward(reference, x))
    compare(BOTH, forward_and_backward(layer, x), forward_and_backward(reference, x))
    layer, reference, x = layers(magnitudes=True)
    compare(MAGNITUDES, forward(layer.eval(), x), forward(reference.eval(), x))
    layer.train(), reference.train()
    compare(MAGNITUDES_BOTH, forward_and_backward(layer, x), forward_and_backward(reference, x))
    return figures


def memory() -> dict[str, Figure]:
    """Measure the peak memory of training steps."""
    return {
        MODEL_MEMORY: Figure(*(peak_megabytes(model_memory, name) for name in (OURS, DENSE))),
        LAYER_MEMORY: Figure(*(peak_megabytes(layer_memory, ours) for ours in (True, False))),
    }


def roofline(settings: bool, runs: int, threads: int) -> str:
    """Bound times by the multiply-adds of the layer, by the bytes of its response, and the LSTM."""
    if settings:
        keep_freed_memory()
    torch.set_num_threads(threads)
    layer, reference, x = layers(magnitudes=False)
    square, response = torch.randn(2048, 2048), torch.randn(8, 128, 64, 200)
    ours, theirs = built(OURS), built(THEIRS)
    lstm, filters = (ours.get_submodule(name) for name in ("backend.lstm", "frontend.filters"))
    assert isinstance(lstm, nn.LSTM)
    sequence = torch.randn(BATCH_SIZE, 99, lstm.input_size, requires_grad=True)
    found = milliseconds(
        {
            "product": lambda: square @ square,
            "fill": lambda: torch.empty_like(response).fill_(0),
            "reference": forward(reference, x),
            "lstm": lambda: lstm(sequence)[0].sum().backward(),
            "training step": training_step(theirs),
        },
        runs,
    )
    rate = 2 * 2048**3 / found["product"] / 1e6
    giga = multiply_adds(layer, x) / 1e9 * 2
    least = giga / rate * 1000 + found["fill"]
    # both products, and the gradients of both of their factors
    giga_of_step = 3 * 2 * multiply_adds(filters, torch.randn(32, 1, 64, 198)) / 1e9
    least_step = giga_of_step / rate * 1000 + found["lstm"]
    return (
        f"The products of the layer are {giga:.1f} GFLOP, at {rate:.0f} GFLOP/s of a product of "
        f"2048 x 2048 matrices. Writing the response takes {found['fill']:.0f} ms. A forward pass "
        f"takes both at least, {least:.0f} ms, or {least / found['reference']:.2f} of `nn.Conv2d`, "
        "which is measured again here. "
        f"In a training step of `STRFPyanNet`, the LSTM takes {found['lstm']:.0f} ms, "
        f"{found['lstm'] / found['training step']:.2f} of a step of `PyanNet`, which has the same "
        f"LSTM. With {giga_of_step:.1f} GFLOP of the layer, these are {least_step:.0f} ms, "
        f"{least_step / found['training step']:.2f} of that step, without the spectrogram and all "
        "other layers."
    )


def multiply_adds(layer: nn.Module, x: torch.Tensor) -> int:
    """Return the number of multiply-adds in both products of the layer."""
    assert isinstance(layer, STRFConv2d)
    with torch.no_grad():
        layer.eval()(x)
        (plan,) = layer._factors().plans.values()
    layout = plan.layout
    bands = num_outputs(x.shape[2] + 2 * layer.padding[0], layout.num_taps, layer.stride[0], 1)
    total = 0
    for tile in layout.tiles:
        inputs = tile.inputs.stop - tile.inputs.start
        products = 2 * layout.num_taps * inputs
        for block in tile.blocks:
            size = block.frames.stop - block.frames.start
            products += 2 * (block.inputs.stop - block.inputs.start) * size
        total += len(x) * bands * len(layout.filters(tile)) * products
    return total


def in_new_process(function: Callable, *args: object) -> object:
    """Return the result of a function in a new process, since settings are of a process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, args)


def machine() -> str:
    """Return the model of the processor and the number of threads."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else 'unknown'}, {torch.get_num_threads()} threads"


def worse(ratios: dict[str, float], recorded: dict[str, float]) -> list[str]:
    """Return a line for each ratio that is worse than the recorded one.

    >>> worse({"a": 1.3, "b": 1.1}, {"a": 1.0, "b": 1.0})
    ['worse than recorded: a: 1.30, recorded 1.00']
    """
    return [
        f"worse than recorded: {name}: {ratio:.2f}, recorded {recorded[name]:.2f}"
        for name, ratio in ratios.items()
        if name in recorded and ratio > TOLERANCE * recorded[name]
    ]


def main(runs: int = 7, minutes: float = 2.0, record: bool = False) -> None:
    """Measure the figures that must not get worse."""
    threads = torch.get_num_threads()
    rows, ratios, bounds = [], {}, []
    # the settings are inherited by later processes: a plain one comes first
    for settings in (False, True):
        process = "our settings" if settings else "plain"
        figures = in_new_process(times, settings, runs, minutes, threads)
        assert isinstance(figures, dict)
        figures |= {} if settings else memory()
        for name, (ours, reference) in figures.items():
            ratio = ours / reference
            ratios[f"{name}, {process}"] = round(ratio, 3)
            numbers = (f"{ours:.0f}", f"{reference:.0f}", f"{ratio:.2f}")
            rows.append([name, process, *numbers, f"{GOALS[name][settings]:.2f}"])
        bound = in_new_process(roofline, settings, runs, threads)
        bounds.append(f"{process.capitalize()}: {bound}")
    header = ["ours / compared with", "process", "ours", "compared", "ratio", "to reach, at most"]
    text = f"Milliseconds or megabytes. {machine()}, medians of {runs} interleaved runs."
    write("figures", "\n\n".join([text, table(header, rows), *bounds]))

    records = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    if machine() not in records:
        print(f"no record of {machine()}: recorded machines are {'; '.join(records)}")
    for line in worse(ratios, records.get(machine(), {})):
        print(line)
    if record:
        records[machine()] = ratios
        RECORD.write_text(json.dumps(records, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
