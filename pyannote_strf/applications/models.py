"""Models of an application."""

from __future__ import annotations

from pathlib import Path

from pyannote.audio import Model

from pyannote_strf.applications.base import Application, application_of
from pyannote_strf.models.checkpoint import load_model


def load_model_for(application: Application, checkpoint: Path, trust: bool = False) -> Model:
    """Load a model that an application serves.

    Parameters
    ----------
    application : Application
    checkpoint : Path
    trust : bool, optional
        See :func:`pyannote_strf.models.checkpoint.load_model`.

    Raises
    ------
    ValueError
        If the model is for another application.
    """
    model = load_model(checkpoint, trust)
    if not application.serves(model.specifications):
        other = application_of(model.specifications)
        remedy = f"; use `pyannote-strf {other.name}`" if other else ""
        raise ValueError(f"{checkpoint}: not a model for {application.name}{remedy}")
    return model
