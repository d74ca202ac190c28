"""Time of models, relative to another model."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import torch
from pyannote.audio import Model
from timing import milliseconds


def relative_times(
    model: Model, reference: Model, waveforms: torch.Tensor, runs: int = 5
) -> dict[str, float]:
    """Return the time of a model on the CPU relative to that of another one, measured in turn.

    Parameters
    ----------
    model, reference : Model
    waveforms : (batch, 1, sample) Tensor
    runs : int, optional
        Number of runs of each. Defaults to 5.

    Returns
    -------
    times : dict of str to float
        Ratio of the medians of a "training" step, and of "inference".
    """
    models = {"model": model, "reference": reference}
    training = milliseconds(
        {name: training_step(each.train(), waveforms) for name, each in models.items()},
        runs,
        time.process_time,
    )
    inference = milliseconds(
        {name: partial(infer, each.eval(), waveforms) for name, each in models.items()},
        runs,
        time.process_time,
    )
    return {
        name: round(times["model"] / times["reference"], 3)
        for name, times in (("training", training), ("inference", inference))
    }


def training_step(model: Model, waveforms: torch.Tensor) -> Callable[[], None]:
    """Return a function that runs a training step, with a loss that takes no time."""
    optimizer = torch.optim.Adam(model.parameters())

    def step() -> None:
        optimizer.zero_grad()
        model(waveforms).square().mean().backward()
        optimizer.step()

    return step


def infer(model: Model, waveforms: torch.Tensor) -> None:
    """Compute the output of a model."""
    with torch.inference_mode():
        model(waveforms)
