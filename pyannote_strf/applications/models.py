"""Loading of the models of an application."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from pyannote.audio import Model
from pyannote.audio.core.task import Specifications

from pyannote_strf.applications.base import Application, application_of
from pyannote_strf.models.checkpoint import load_model


def specifications_of(model: Model) -> Specifications:
    """Return the specifications of a model with a single task."""
    return cast(Specifications, model.specifications)


def load_model_for(application: Application, checkpoint: Path, trust: bool = False) -> Model:
    """Load a model for an application.

    Parameters
    ----------
    application : Application
    checkpoint : Path
    trust : bool, optional
        See :func:`~pyannote_strf.models.checkpoint.load_model`. Defaults to False.

    Raises
    ------
    ValueError
        If the model is for another application.
    """
    model = load_model(checkpoint, trust)
    specifications = specifications_of(model)
    if not application.serves(specifications):
        other = application_of(specifications)
        remedy = f"; use `pyannote-strf {other.name}`" if other else ""
        raise ValueError(f"{checkpoint}: not a model for {application.name}{remedy}")
    return model
