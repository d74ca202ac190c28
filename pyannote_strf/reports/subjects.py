"""Models that a report describes, with audio and annotation to measure them on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, cast

import torch
from pyannote.audio import Model
from pyannote.database import Protocol

from pyannote_strf.analysis.filters.units import octaves_per_band
from pyannote_strf.applications.base import Application, application_of
from pyannote_strf.applications.crops import Crop, draw_crops
from pyannote_strf.applications.models import specifications_of
from pyannote_strf.applications.types import ImportanceMeasure
from pyannote_strf.database.audio_finder import AudioFinder
from pyannote_strf.database.protocols import get_files, get_protocol
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.directories import TrainDir, find_trained
from pyannote_strf.frontends.base import Frontend
from pyannote_strf.models.checkpoint import load_model
from pyannote_strf.models.filters import ModelFilters, filters_in
from pyannote_strf.reports.names import distinct_names

# crops that modulation power is measured on
NUM_SOUNDS = 100

READABLE = (
    "spectro-temporal or other filters of a spectrogram, learnable bands, attention to bands, "
    "filters of the waveform"
)


class Subject(NamedTuple):
    """One model of a report.

    Attributes
    ----------
    name : str
    model : Model
        Model in evaluation mode.
    filters : ModelFilters or None
        Its spectro-temporal filters, if it has any.
    crops : list of Crop
        Crops of training audio to compare filters with. Empty without a protocol.
    clips : list of Crop
        Crops to average attention over. Empty without a protocol.
    importance_measure : ImportanceMeasure or None
        Losses and errors to measure importance by. None if it is not measured.
    """

    name: str
    model: Model
    filters: ModelFilters | None
    crops: list[Crop]
    clips: list[Crop]
    importance_measure: ImportanceMeasure | None


def load_subjects(
    models: Sequence[Path],
    protocols: Sequence[str],
    subset: str,
    with_importance: bool,
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
    subset : str
        Subset to measure importance and attention on.
    with_importance : bool
        Whether importance is measured.
    at : float
        See :func:`~pyannote_strf.reports.filters.report`.
    device : torch.device
    trust : bool, optional
        See :class:`~pyannote_strf.experiment.config.Config` and
        :func:`~pyannote_strf.models.checkpoint.load_model`.

    Raises
    ------
    ValueError
        If there is nothing to read in a model, or a protocol lacks what is needed.
    """
    names = protocols if len(protocols) > 1 else list(protocols) * len(models)
    subjects = []
    for number, (name, path) in enumerate(zip(distinct_names(models), models)):
        checkpoint = find_trained(path).checkpoint
        model = load_model(checkpoint, trust).to(device).eval()
        _check_readable(checkpoint, model, at)
        filters = filters_in(model)
        if with_importance and filters is None:
            raise ValueError(
                f"{checkpoint}: importance is that of spectro-temporal filters over an image of "
                "one channel, which the model does not have; leave out --importance"
            )
        if not names:
            subjects.append(Subject(name, model, filters, [], [], None))
            continue
        protocol = get_protocol(names[number], _preprocessors(checkpoint, trust))
        crops, clips, importance_measure = [], [], None
        if filters is not None:
            crops = _crops(model, protocol, "train", every_file=False)
        if cast(Frontend, model.frontend).band_weights is not None:
            clips = _crops(model, protocol, subset, every_file=True)
        if with_importance:
            importance_measure = _application(name, model).importance(model, protocol, subset)
        subjects.append(Subject(name, model, filters, crops, clips, importance_measure))
    return subjects


def _crops(model: Model, protocol: Protocol, subset: str, every_file: bool) -> list[Crop]:
    files = get_files(protocol, subset, with_annotation=False)
    count = max(NUM_SOUNDS, len(files)) if every_file else NUM_SOUNDS
    return draw_crops(files, specifications_of(model).duration, count)


def _application(name: str, model: Model) -> Application:
    application = application_of(specifications_of(model))
    if application is None:
        raise ValueError(f"{name}: no application supports the importance of its filters")
    return application


def _check_readable(checkpoint: Path, model: Model, at: float) -> None:
    """Check that there is something to read in a model, and that `at` is within its bands."""
    frontend = getattr(model, "frontend", None)
    kernels = None
    readable: list[object] = []
    if isinstance(frontend, Frontend):
        kernels = frontend.kernels()
        readable += [kernels, frontend.bands(), frontend.waveform_filters()]
        readable.append(frontend.band_weights)
    if all(each is None for each in readable):
        raise ValueError(f"{checkpoint}: nothing to read, its front-end has none of: {READABLE}")
    if kernels is not None and kernels.slide and kernels.spectrogram.centres is not None:
        octaves_per_band(kernels.spectrogram.centres.cpu().double().numpy(), at)


def _preprocessors(checkpoint: Path, trust: bool) -> dict[str, Callable]:
    """Return the preprocessors of a checkpoint's experiment, or a default outside experiments."""
    train_dir = TrainDir.around(checkpoint)
    if train_dir is None:
        return {"audio": AudioFinder()}
    return Config(train_dir.root, trust).preprocessors()
