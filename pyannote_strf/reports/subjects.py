"""What a report is on: models, and the audio and annotation that their filters are held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from pyannote.audio import Model
from pyannote.database import FileFinder

from pyannote_strf.analysis.filters.units import octaves_per_band
from pyannote_strf.applications.base import Importance, application_of
from pyannote_strf.applications.crops import Crop, draw_crops
from pyannote_strf.database.protocols import get_files, get_protocol
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.directories import TrainDir
from pyannote_strf.models.checkpoint import load_model
from pyannote_strf.models.filters import filters_in
from pyannote_strf.reports.names import distinct_names

# pieces of audio that modulation power is measured on
NUM_SOUNDS = 100


class Subject(NamedTuple):
    """One model.

    Attributes
    ----------
    name : str
    model : Model
        In evaluation.
    crops : list of Crop
        Pieces of training audio: none without a protocol.
    weighed_by : Importance or None
        What importance of filters is measured by, if it is.
    """

    name: str
    model: Model
    crops: list[Crop]
    weighed_by: Importance | None


def load_subjects(
    checkpoints: Sequence[Path],
    protocols: Sequence[str],
    subset: str | None,
    at: float,
    device: torch.device,
    trust: bool = False,
) -> list[Subject]:
    """Load models, and what they are held against.

    What is wrong with any of them is said before hours are spent on others.

    Parameters
    ----------
    checkpoints : sequence of Path
    protocols : sequence of str
        One for all models, one for each, or none.
    subset : str or None
        What importance is measured on. None if it is not.
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
    of_each = protocols * len(checkpoints) if len(protocols) == 1 else protocols
    subjects = []
    for number, (name, checkpoint) in enumerate(zip(distinct_names(checkpoints), checkpoints)):
        model = _with_filters(checkpoint, at, trust).to(device).eval()
        if not of_each:
            subjects.append(Subject(name, model, [], None))
            continue
        protocol = get_protocol(of_each[number], _preprocessors(checkpoint, trust))
        files = get_files(protocol, "train", with_annotation=False)
        crops = draw_crops(files, model.specifications.duration, NUM_SOUNDS)
        weighed_by = subset and _application(name, model).importance(model, protocol, subset)
        subjects.append(Subject(name, model, crops, weighed_by))
    return subjects


def _application(name: str, model: Model):
    application = application_of(model.specifications)
    if application is None:
        raise ValueError(f"{name}: no application supports importance of its filters")
    return application


def _with_filters(checkpoint: Path, at: float, trust: bool) -> Model:
    model = load_model(checkpoint, trust)
    found = filters_in(model)
    if found is None:
        raise ValueError(
            f"{checkpoint}: the model has no spectro-temporal filters over an image of one channel"
        )
    octaves_per_band(found.centres, at)
    return model


def _preprocessors(checkpoint: Path, trust: bool) -> dict[str, Callable]:
    """Those of the experiment that a checkpoint lies in; audio from its database.yml otherwise."""
    train_dir = TrainDir.around(checkpoint)
    if train_dir is None:
        return {"audio": FileFinder()}
    return Config(train_dir.root, trust).preprocessors()
