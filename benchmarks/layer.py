#!/usr/bin/env python3
"""Time the layer against a plain loop over filters, and against a free convolution.

Runs are interleaved, so that ratios hold on a noisy machine. Prints a Markdown table of medians.

    python benchmarks/layer.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
import typer
from torch import Tensor, nn

from pyannote_strf import STRFConv2d
from pyannote_strf.cli.memory import keep_freed_memory

KERNEL_SIZE, PADDING = (9, 111), (4, 55)


def loop_over_filters(layer: STRFConv2d) -> Callable[[Tensor], Tensor]:
    """One kernel after another, one convolution for each part, as in the published layer."""
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


def forward(variant: Callable[[Tensor], Tensor], x: Tensor) -> None:
    with torch.no_grad():
        variant(x)


def forward_and_backward(variant: Callable[[Tensor], Tensor], x: Tensor) -> None:
    variant(x).sum().backward()


def milliseconds(step: Callable, variant: Callable[[Tensor], Tensor], x: Tensor) -> float:
    started = time.perf_counter()
    step(variant, x)
    return 1000 * (time.perf_counter() - started)


def main(
    batch: int = 8,
    bands: int = 64,
    frames: int = 200,
    filters: int = 64,
    runs: int = 11,
    allocator: bool = typer.Option(False, help="Keep freed memory, as this package's commands do."),
) -> None:
    """Time the layer against a plain loop over filters, and against a free convolution."""
    if allocator:
        keep_freed_memory()
    torch.manual_seed(0)
    layer = STRFConv2d(1, filters, KERNEL_SIZE, padding=PADDING, n_features=bands)
    variants = {
        "`STRFConv2d`": layer,
        "loop over filters": loop_over_filters(layer),
        "`nn.Conv2d`, random weights": nn.Conv2d(1, 2 * filters, KERNEL_SIZE, padding=PADDING),
    }
    x = torch.randn(batch, 1, bands, frames)
    with torch.no_grad():
        error = (variants["loop over filters"](x) - layer(x)).abs().max().item()

    steps = (forward, forward_and_backward)
    times = {(name, step): [] for name in variants for step in steps}
    for _ in range(runs):
        for name, step in times:
            times[name, step].append(milliseconds(step, variants[name], x))
    medians = {key: statistics.median(values) for key, values in times.items()}

    print(f"{batch} x {bands} bands x {frames} frames, {filters} filters of 9 x 111, float32, ")
    print(f"{torch.get_num_threads()} threads, medians of {runs} runs; largest difference between ")
    print(f"layer and loop: {error:.1e}\n")
    print("| variant | forward (ms) | ratio | forward + backward (ms) | ratio |")
    print("|---|---|---|---|---|")
    for name in variants:
        cells = [
            f"{medians[name, step]:.0f} | {medians[name, step] / medians['`STRFConv2d`', step]:.1f}"
            for step in steps
        ]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    typer.run(main)
