"""Choice of the best epoch."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch

from pyannote_strf.applications.base import Application
from pyannote_strf.applications.models import load_model_for
from pyannote_strf.applications.pretrained import write_pretrained
from pyannote_strf.applications.types import EpochScore
from pyannote_strf.database.protocols import get_protocol
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.directories import TrainDir, ValidateDir
from pyannote_strf.experiment.records import Params, Specs
from pyannote_strf.files import check_writable, remove_partial
from pyannote_strf.progress import Progress, silent


def validate(
    application: Application,
    train_dir: TrainDir,
    protocol: str,
    subset: str,
    metric: str | None = None,
    epochs: Iterable[int] | None = None,
    options: Any = None,
    device: torch.device | None = None,
    progress: Progress = silent,
    trust: bool = False,
) -> tuple[ValidateDir, dict[int, float]]:
    """Compare epochs, and tune hyper-parameters of the best one.

    Parameters
    ----------
    application : Application
    train_dir : TrainDir
    protocol : str
        Name of a protocol.
    subset : {"train", "development", "test"}
        Subset to validate on.
    metric : str, optional
        Metric to compare epochs by. Defaults to the first one of the application that suits the
        items.
    epochs : iterable of int, optional
        Epochs to compare. Defaults to all.
    options : ValidateOptions of the application, optional
        Defaults to `application.ValidateOptions()`.
    device : torch.device, optional
        Defaults to the CPU.
    progress : callable, optional
        See :data:`~pyannote_strf.progress.Progress`.
    trust : bool, optional
        See :class:`~pyannote_strf.experiment.config.Config` and
        :func:`~pyannote_strf.models.checkpoint.load_model`. Defaults to False.

    Returns
    -------
    validate_dir : ValidateDir
        Directory with `params.yml`, and with a copy of the best epoch that
        `Pipeline.from_pretrained` of pyannote.audio loads.
    values : dict of int to float
        Value of the metric at each epoch.

    Raises
    ------
    ValueError
        If another application wrote the directory, or the subset cannot be scored.
    """
    options = options or application.ValidateOptions()
    Specs.read(train_dir.specs, application.name)
    found = get_protocol(protocol, Config(train_dir.root, trust).preprocessors())
    items = application.items(found, subset)
    metric = application.choose_metric(metric, items)
    validate_dir = train_dir.validate_dir(metric, protocol, subset)
    check_writable(validate_dir.path)
    remove_partial(validate_dir.path)

    sign = 1 if application.metrics[metric] == "maximize" else -1
    values: dict[int, float] = {}
    best_epoch, best = 0, EpochScore(-sign * math.inf, {})
    for epoch in epochs or train_dir.epochs():
        model = load_model_for(application, train_dir.checkpoint(epoch), trust)
        model.to(device or torch.device("cpu"))
        scored = application.score(model, items, metric, options, f"epoch {epoch}", progress)
        if not values or sign * scored.value > sign * best.value:
            best_epoch, best, best_model = epoch, scored, model
        values[epoch] = scored.value

    params, value = application.tune(best, metric, options, progress)
    record = Params(
        application.name, best_epoch, metric, value, params, application.saved_options(options)
    )
    checkpoint = train_dir.checkpoint(best_epoch)
    write_pretrained(application, validate_dir, checkpoint, best_model, record, trust)
    return validate_dir, values
