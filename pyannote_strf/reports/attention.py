"""Attention to bands in a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
import torch
from matplotlib.figure import Figure
from pyannote.audio import Model

from pyannote_strf.analysis.filters.attention import AttentionWeights, attention_weights
from pyannote_strf.analysis.pictures.attention import plot_attention
from pyannote_strf.applications.crops import Crop, batches
from pyannote_strf.frontends.base import Frontend
from pyannote_strf.progress import Progress
from pyannote_strf.reports.figures import WIDTH
from pyannote_strf.reports.part import Part

ADVICE = "The front-end weights bands. Add --protocol to average these weights over its clips."


def attention_part(name: str, model: Model, clips: Sequence[Crop], progress: Progress) -> Part:
    """Report on the weights of attention to bands, averaged over clips.

    Parameters
    ----------
    name : str
        Name of the model, for the progress bar.
    model : Model
        Model whose front-end has `band_weights`.
    clips : sequence of Crop
        Without clips, the report says how to give some.
    progress : callable
        See :data:`~pyannote_strf.progress.Progress`.
    """
    if not clips:
        return Part(findings=[ADVICE])
    frontend = cast(Frontend, model.frontend)
    measured = list(_weights(name, model, frontend, clips, progress))
    if not measured:
        raise ValueError(
            f"{name}: attention is measured on clips of {frontend.min_num_samples} samples or "
            "more, and the protocol has none; use another one"
        )
    weights = attention_weights(measured)
    centres = _centres(frontend, len(weights.mean))
    rows = []
    for channel, band in np.ndindex(weights.mean.shape):
        rows.append(
            {
                "channel": channel,
                "band": band,
                "centre": "" if centres is None else float(centres[channel, band]),
                "mean": float(weights.mean[channel, band]),
                "spread": float(weights.spread[channel, band]),
            }
        )
    figure = Figure(figsize=(WIDTH, 3.8), layout="constrained")
    plot_attention(weights, centres, figure.subplots())
    return Part(
        findings=[_finding(weights, centres)],
        summary={
            "attention to bands": {
                "clips": weights.num_clips,
                "lowest mean weight": float(weights.mean.min()),
                "highest mean weight": float(weights.mean.max()),
                "median spread over clips": float(np.median(weights.spread)),
            }
        },
        tables={"attention": rows},
        figures={"attention": figure},
    )


@torch.inference_mode()
def _weights(
    name: str, model: Model, frontend: Frontend, clips: Sequence[Crop], progress: Progress
) -> Iterator[np.ndarray]:
    done = 0
    assert frontend.band_weights is not None
    for batch, waveforms in batches(model, clips):
        if waveforms.shape[-1] >= frontend.min_num_samples:
            yield frontend.band_weights(waveforms).cpu().numpy()
        done += len(batch)
        progress(f"measuring attention, {name}", done, len(clips))


def _centres(frontend: Frontend, num_channels: int) -> np.ndarray | None:
    """Return the centre frequency of each band of each channel, in hertz: (channel, band)."""
    bands = frontend.bands()
    if bands is not None:
        return bands.centres.cpu().double().numpy()
    if frontend.centres is None:
        return None
    return np.tile(frontend.centres.cpu().double().numpy(), (num_channels, 1))


def _finding(weights: AttentionWeights, centres: np.ndarray | None) -> str:
    def place(index: int) -> str:
        if centres is None:
            return f"in band {np.unravel_index(index, weights.mean.shape)[1]}"
        return f"at {centres.flat[index]:.0f} Hz"

    mean = weights.mean
    return (
        f"Over {weights.num_clips} clips, attention to bands is highest "
        f"{place(int(mean.argmax()))} (mean weight {mean.max():.2f}) and lowest "
        f"{place(int(mean.argmin()))} ({mean.min():.2f}); the standard deviation over clips is "
        f"{np.median(weights.spread):.3f} in the median band."
    )
