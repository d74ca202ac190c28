"""Choose the best epoch, and tune hyper-parameters on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from pyannote_strf.applications.base import Application
from pyannote_strf.applications.models import load_model_for
from pyannote_strf.checks import check_choice
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
    subset: str = "development",
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
    protocol, subset : str
        What to validate on.
    metric : str, optional
        Defaults to the first one of the application.
    epochs : iterable of int, optional
        Which epochs to compare. Defaults to all.
    options : ValidateOptions of the application, optional
    device : torch.device, optional
    progress : callable, optional
        See :data:`~pyannote_strf.progress.Progress`.
    trust : bool, optional
        See :class:`~pyannote_strf.experiment.config.Config` and
        :func:`~pyannote_strf.models.checkpoint.load_model`.

    Returns
    -------
    validate_dir : ValidateDir
        Holds `params.yml`.
    values : dict of int to float
        Value of the metric at each epoch.

    Raises
    ------
    ValueError
        If another application trained there, or nothing can be scored.
    """
    if metric is None:
        metric = next(iter(application.metrics))
    check_choice("metric", metric, application.metrics)
    options = options or application.ValidateOptions()
    Specs.read(train_dir.specs, application.name)
    found = get_protocol(protocol, Config(train_dir.root, trust).preprocessors())
    items = application.items(found, subset)
    validate_dir = train_dir.validate_dir(metric, protocol, subset)
    check_writable(validate_dir.path)
    remove_partial(validate_dir.path)

    sign = 1 if application.metrics[metric] == "maximize" else -1
    values: dict[int, float] = {}
    best = None
    for epoch in epochs or train_dir.epochs():
        model = load_model_for(application, train_dir.checkpoint(epoch), trust)
        model.to(device or torch.device("cpu"))
        scored = application.score(model, items, metric, options, f"epoch {epoch}", progress)
        values[epoch] = scored.value
        if best is None or sign * scored.value > sign * best[1].value:
            best = epoch, scored

    epoch, scored = best
    params, value = application.tune(scored, metric, options, progress)
    Params(application.name, epoch, metric, value, params, application.kept(options)).write(
        validate_dir.params
    )
    return validate_dir, values
