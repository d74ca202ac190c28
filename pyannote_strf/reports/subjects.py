"""Models that a report describes, with the audio and annotation to compare their filters with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from pyannote.audio import Model
from pyannote.database import FileFinder

from pyannote_strf.analysis.filters.units import octaves_per_band
from pyannote_strf.applications.base import Application, application_of
from pyannote_strf.applications.crops import Crop, draw_crops
from pyannote_strf.applications.models import specifications_of
from pyannote_strf.applications.types import ImportanceMeasure
from pyannote_strf.database.protocols import get_files, get_protocol
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.directories import TrainDir, find_trained
from pyannote_strf.models.checkpoint import load_model
from pyannote_strf.models.filters import ModelFilters, filters_in
from pyannote_strf.reports.names import distinct_names

# crops that modulation power is measured on
NUM_SOUNDS = 100


class Subject(NamedTuple):
    """One model of a report.

    Attributes
    ----------
    name : str
    model : Model
        Model in evaluation mode.
    filters : ModelFilters
        Its filters.
    crops : list of Crop
        Crops of training audio. Empty without a protocol.
    importance_measure : ImportanceMeasure or None
        Losses and errors to measure importance by. None if it is not measured.
    """

    name: str
    model: Model
    filters: ModelFilters
    crops: list[Crop]
    importance_measure: ImportanceMeasure | None


def load_subjects(
    models: Sequence[Path],
    protocols: Sequence[str],
    subset: str | None,
    at: float,
    device: torch.device,
    trust: bool = False,
) -> list[Subject]:
    """Load models, and the data to compare them with.

    All models are checked before any is analysed, which may take hours.

    Parameters
    ----------
    models : sequence of Path
        Trained models: see :func:`~pyannote_strf.experiment.directories.find_trained`.
    protocols : sequence of str
        None, one for all models, or one for each.
    subset : str or None
        Subset to measure importance on. None skips it.
    at : float
        Frequency around which octaves are counted, in hertz.
    device : torch.device
    trust : bool, optional
        See :class:`~pyannote_strf.experiment.config.Config` and
        :func:`~pyannote_strf.models.checkpoint.load_model`.

    Raises
    ------
    ValueError
        If a model has no spectro-temporal filters, or a protocol lacks what is needed.
    """
    names = protocols if len(protocols) > 1 else list(protocols) * len(models)
    subjects = []
    for number, (name, path) in enumerate(zip(distinct_names(models), models)):
        checkpoint = find_trained(path).checkpoint
        model = load_model(checkpoint, trust).to(device).eval()
        filters = _filters(checkpoint, model, at)
        if not names:
            subjects.append(Subject(name, model, filters, [], None))
            continue
        protocol = get_protocol(names[number], _preprocessors(checkpoint, trust))
        files = get_files(protocol, "train", with_annotation=False)
        crops = draw_crops(files, specifications_of(model).duration, NUM_SOUNDS)
        importance_measure = None
        if subset is not None:
            importance_measure = _application(name, model).importance(model, protocol, subset)
        subjects.append(Subject(name, model, filters, crops, importance_measure))
    return subjects


def _application(name: str, model: Model) -> Application:
    application = application_of(specifications_of(model))
    if application is None:
        raise ValueError(f"{name}: no application supports the importance of its filters")
    return application


def _filters(checkpoint: Path, model: Model, at: float) -> ModelFilters:
    found = filters_in(model)
    if found is None:
        raise ValueError(
            f"{checkpoint}: the model has no spectro-temporal filters over an image of one channel"
        )
    # raises an error if `at` is outside the range of the bands
    octaves_per_band(found.centres, at)
    return found


def _preprocessors(checkpoint: Path, trust: bool) -> dict[str, Callable]:
    """Return the preprocessors of a checkpoint's experiment, or a default outside experiments."""
    train_dir = TrainDir.around(checkpoint)
    if train_dir is None:
        return {"audio": FileFinder()}
    return Config(train_dir.root, trust).preprocessors()
