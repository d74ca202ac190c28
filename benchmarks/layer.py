#!/usr/bin/env python3
"""Compare the speed of the layer with a loop over filters, a convolution and other front-ends.

    python benchmarks/layer.py

Leaf and GaborConv1d are part of SpeechBrain, which `make bench` installs in a separate folder.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
import torchaudio
import typer
from pyannote.audio.models.blocks.sincnet import SincNet
from timing import milliseconds, peak_megabytes, table, write
from torch import Tensor, nn

from pyannote_strf import STRFConv2d
from pyannote_strf.backends.compression import Compression
from pyannote_strf.cli.memory import keep_freed_memory
from pyannote_strf.frontends.strf import STRF
from pyannote_strf.layers.correlate import fastest_path
from pyannote_strf.layers.strf import PARTS

KERNEL_SIZE, PADDING = (9, 111), (4, 55)
NUM_FILTERS = 64


def loop_over_filters(layer: STRFConv2d) -> Callable[[Tensor], Tensor]:
    """Return a function that builds kernels in a loop, as the published layer does."""
    num_f, num_t = layer.kernel_size
    f = (torch.arange(num_f) - (num_f - 1) / 2)[:, None]
    t = (torch.arange(num_t) - (num_t - 1) / 2)[None, :]

    def part(x: Tensor, wave: Callable[[Tensor], Tensor]) -> Tensor:
        sigma_t, sigma_f, omega, gamma = layer.sigma_t, layer.sigma_f, layer.omega, layer.gamma
        kernels = []
        for k in range(layer.out_channels):
            envelope = torch.exp(-0.5 * (t**2 / sigma_t[k] ** 2 + f**2 / sigma_f[k] ** 2))
            phase = omega[k] * (t * torch.cos(gamma[k]) + f * torch.sin(gamma[k]))
            kernels.append(envelope * wave(phase) / (2 * torch.pi * sigma_t[k] * sigma_f[k]))
        return F.conv2d(x, torch.stack(kernels)[:, None], padding=layer.padding)

    return lambda x: torch.cat([part(x, torch.cos), part(x, torch.sin)], dim=1)


def strf_layer(
    path: str = "auto",
    stride: tuple[int, int] = (1, 1),
    filters: int = NUM_FILTERS,
    taps: int = 111,
) -> STRFConv2d:
    """Build a layer of filters of 9 bands."""
    return STRFConv2d(1, filters, (9, taps), stride, padding=(4, (taps - 1) // 2), path=path)


def variants() -> dict[str, Callable[[Tensor], Tensor]]:
    """Build layers of 64 filters of 9 x 111 taps, all with the same parameters."""
    layers = {
        "`STRFConv2d`": strf_layer(),
        "... time first": strf_layer("time"),
        "... frequency first": strf_layer("frequency"),
        "... dense": strf_layer("dense"),
    }
    for layer in layers.values():
        layer.load_state_dict(layers["`STRFConv2d`"].state_dict())
    return {
        **layers,
        "loop over filters, as published": loop_over_filters(layers["`STRFConv2d`"]),
        "`nn.Conv2d`, random weights": nn.Conv2d(1, 2 * NUM_FILTERS, KERNEL_SIZE, padding=PADDING),
    }


def forward(layer: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[], None]:
    """Return a function that runs a forward pass."""

    def run() -> None:
        with torch.no_grad():
            layer(x)

    return run


def forward_and_backward(layer: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[], None]:
    """Return a function that runs a forward and a backward pass."""
    return lambda: layer(x).sum().backward()


def memory_step(name: str, shape: tuple[int, ...]) -> Callable[[], None]:
    """Return a training step of a variant, whose memory is measured."""
    torch.manual_seed(0)
    return forward_and_backward(variants()[name], torch.randn(shape))


def compare_layers(x: Tensor, runs: int) -> str:
    """Compare time, error and memory of variants of the layer."""
    layers = variants()
    ours = "`STRFConv2d`"
    with torch.no_grad():
        expected = layers["loop over filters, as published"](x)
        errors = {name: (layer(x) - expected).abs().max().item() for name, layer in layers.items()}
    times = {
        step: milliseconds({name: step(layer, x) for name, layer in layers.items()}, runs)
        for step in (forward, forward_and_backward)
    }
    rows = []
    for name in layers:
        cells = [f"{t[name]:.0f} | {t[name] / t[ours]:.1f}" for t in times.values()]
        error = "" if "random" in name else f"{errors[name]:.0e}"
        memory = peak_megabytes(memory_step, name, tuple(x.shape))
        rows.append([name, *cells, error, f"{memory:.0f}"])
    return table(
        [
            "variant",
            "forward (ms) | ratio",
            "forward + backward (ms) | ratio",
            "error",
            "peak (MB)",
        ],
        rows,
    ).replace("|---|---|---|---|---|", "|---|---|---|---|---|---|---|")


def compare_frontends(batch: int, runs: int) -> str:
    """Compare the time of front-ends on two seconds of audio."""
    from speechbrain.lobes.features import Leaf
    from speechbrain.nnet.CNN import GaborConv1d

    waveforms = torch.randn(batch, 1, 32000)
    mel = torchaudio.transforms.MelSpectrogram(16000, n_fft=1024, hop_length=160, n_mels=64)
    strf = STRF()
    compression = Compression(strf.num_channels, strf.num_bands)
    leaf = Leaf(out_channels=64, sample_rate=16000, in_channels=1)
    gabor = GaborConv1d(out_channels=128, kernel_size=401, stride=160, in_channels=1)
    frontends: dict[str, Callable[[Tensor], Tensor]] = {
        "`STRF`, no gain control": nn.Sequential(strf, compression),
        "torchaudio's mel": lambda x: mel(x[:, 0]),
        "SincNet of pyannote.audio": SincNet(stride=10),
        "SpeechBrain's Leaf": lambda x: leaf(x.transpose(1, 2)),
        "SpeechBrain's GaborConv1d": lambda x: gabor(x.transpose(1, 2)),
    }
    times = milliseconds({name: forward(f, waveforms) for name, f in frontends.items()}, runs)
    ours = times["`STRF`, no gain control"]
    rows = [[name, f"{time:.0f}", f"{time / ours:.2f}"] for name, time in times.items()]
    return table(["front-end", "forward (ms)", "ratio"], rows)


# options of the layer, and shape of its input; the last case is an hour of audio
CASES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "8 x 200 frames, 64 filters of 9 x 111": ({}, (8, 1, 64, 200)),
    "1 x 200 frames": ({}, (1, 1, 64, 200)),
    "32 x 200 frames": ({}, (32, 1, 64, 200)),
    "8 x 1000 frames": ({}, (8, 1, 64, 1000)),
    "16 filters": ({"filters": 16}, (8, 1, 64, 200)),
    "256 filters": ({"filters": 256}, (8, 1, 64, 200)),
    "9 x 31 taps": ({"taps": 31}, (8, 1, 64, 200)),
    "9 x 201 taps": ({"taps": 201}, (8, 1, 64, 200)),
    "stride 4 x 2": ({"stride": (4, 2)}, (8, 1, 64, 200)),
    "an hour: 1 x 360,000 frames, stride 4 x 2": ({"stride": (4, 2)}, (1, 1, 64, 360_000)),
}


def case(name: str) -> Callable[[], None]:
    """Return a forward pass of one case."""
    options, shape = CASES[name]
    return forward(strf_layer(**options), torch.randn(shape))


def scale(runs: int) -> str:
    """Measure the cost by batch size, frames, filters and taps, up to an hour of audio."""
    *short, hour = CASES
    times = milliseconds({name: case(name) for name in short}, runs)
    times |= milliseconds({hour: case(hour)}, 1)
    reference = times[short[0]]
    rows = [
        [name, f"{time:.0f}", f"{time / reference:.2f}", f"{peak_megabytes(case, name):.0f}"]
        for name, time in times.items()
    ]
    return table(["case", "forward (ms)", "ratio", "peak (MB)"], rows)


# kernel, stride, mode and batch size, around the change from one path to the other
PATHS: list[tuple[tuple[int, int], tuple[int, int], str, int]] = [
    (kernel, stride, mode, batch)
    for stride, batch in (((1, 1), 8), ((4, 2), 8), ((4, 2), 32))
    for mode in ("concat", "abs")
    for kernel in ((5, 21), (9, 31), (17, 31), (9, 111))
]


def paths(runs: int) -> str:
    """Compare the paths "dense" and "frequency", and show which one is chosen."""
    rows = []
    for kernel, stride, mode, batch in PATHS:
        padding = (kernel[0] // 2, kernel[1] // 2)
        x = torch.randn(batch, 1, 64, 200)
        layers = {
            path: STRFConv2d(1, NUM_FILTERS, kernel, stride, padding, mode=mode, path=path)
            for path in ("dense", "frequency")
        }
        forwards = milliseconds({path: forward(layer, x) for path, layer in layers.items()}, runs)
        steps = {path: forward_and_backward(layer, x) for path, layer in layers.items()}
        both = milliseconds(steps, runs)
        chosen = fastest_path(x, kernel, stride, NUM_FILTERS, PARTS[mode])
        sizes = [f"{kernel[0]} x {kernel[1]}", f"{stride[0]} x {stride[1]}", mode, str(batch)]
        times = [f"{forwards[path]:.0f} | {both[path]:.0f}" for path in layers]
        rows.append([*sizes, *times, chosen])
    header = ["kernel", "stride", "mode", "batch"]
    columns = [f"{path}: forward (ms) | forward + backward (ms)" for path in ("dense", "frequency")]
    text = table([*header, *columns, "chosen"], rows)
    return text.replace("|---|---|---|---|---|---|---|", "|---|---|---|---|---|---|---|---|---|")


def main(runs: int = 7, batch: int = 8) -> None:
    """Compare the speed of the layer with a loop, a convolution and other front-ends."""
    keep_freed_memory()
    torch.manual_seed(0)
    x = torch.randn(batch, 1, 64, 200)
    where = f"float32, {torch.get_num_threads()} threads, medians of {runs} interleaved runs"
    write(
        "layer",
        f"{batch} x 64 bands x 200 frames, 64 filters of 9 x 111, both parts, {where}.\n\n"
        f"{compare_layers(x, runs)}\n\n"
        f"Complete front-ends, {batch} x 2 s of audio, {where}.\n\n"
        f"{compare_frontends(batch, runs)}\n\n"
        f"The layer alone, both parts, stride 1 unless stated, {where}.\n\n{scale(runs)}\n\n"
        f"Choice of the path, 64 bands x 200 frames, 64 filters, {where}.\n\n{paths(runs)}",
    )


if __name__ == "__main__":
    typer.run(main)
