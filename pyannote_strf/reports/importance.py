"""How much a model needs each of its filters."""

from __future__ import annotations

from functools import partial

import torch
from pyannote.audio import Model

from pyannote_strf.analysis.filters.importance import ablation, gradient_times_activation
from pyannote_strf.analysis.filters.reading import Importance
from pyannote_strf.applications.base import Importance as WeighedBy
from pyannote_strf.progress import Progress


def measure(
    kind: str, name: str, model: Model, weighed_by: WeighedBy, progress: Progress
) -> Importance:
    """How much a model needs each of its filters.

    Parameters
    ----------
    kind : {"gradient", "ablation"}
        "ablation" measures both.
    name : str
        Of the model, for progress.
    model : Model
    weighed_by : WeighedBy
    progress : callable

    Returns
    -------
    importance : Importance
        Errors in percent.
    """
    # kernels of cuDNN's LSTM have no backward in evaluation
    with torch.backends.cudnn.flags(enabled=False):
        gradient = gradient_times_activation(model.frontend, weighed_by.losses())
    if kind == "gradient":
        return Importance(gradient, None, weighed_by.metric)
    report = partial(progress, f"leaving out filters, {name}")
    increase = ablation(model.frontend, weighed_by.error, report)
    return Importance(gradient, increase, weighed_by.metric)
