"""Measurement of the importance of filters."""

from __future__ import annotations

from functools import partial
from typing import cast

import torch
from pyannote.audio import Model

from pyannote_strf.analysis.filters.filter_analysis import Importance
from pyannote_strf.analysis.filters.importance import ablation, gradient_times_activation
from pyannote_strf.applications.types import ImportanceMeasure
from pyannote_strf.frontends.filtered import FilteredSpectrogram
from pyannote_strf.progress import Progress


def measure(
    kind: str, name: str, model: Model, importance_measure: ImportanceMeasure, progress: Progress
) -> Importance:
    """Measure the importance of each filter of a model.

    Parameters
    ----------
    kind : {"gradient", "ablation"}
        "ablation" measures both.
    name : str
        Name of the model, for the progress bar.
    model : Model
        Model with a front-end of spectro-temporal filters.
    importance_measure : ImportanceMeasure
        Losses and errors to measure importance by.
    progress : callable
        See :data:`~pyannote_strf.progress.Progress`.

    Returns
    -------
    importance : Importance
    """
    frontend = cast(FilteredSpectrogram, model.frontend)
    # cuDNN's LSTM does not support backward in evaluation mode
    with torch.backends.cudnn.flags(enabled=False):
        gradient = gradient_times_activation(frontend, importance_measure.losses())
    if kind == "gradient":
        return Importance(gradient, None, importance_measure.metric)
    report = partial(progress, f"removing filters, {name}")
    errors = ablation(frontend, importance_measure.error, report)
    return Importance(gradient, errors, importance_measure.metric)
