"""Pipelines of trained models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from pyannote.audio import Model, Pipeline

from pyannote_strf.applications.base import Application, application_of, get_application
from pyannote_strf.applications.hyper_parameters import instantiate
from pyannote_strf.applications.models import load_model_for, specifications_of
from pyannote_strf.applications.types import BadParams
from pyannote_strf.experiment.directories import find_trained
from pyannote_strf.experiment.records import Params
from pyannote_strf.models.checkpoint import load_model
from pyannote_strf.plugins import load_class


class Loaded(NamedTuple):
    """A trained model, ready for use.

    Attributes
    ----------
    application : Application
    pipeline : Pipeline
        Pipeline with hyper-parameters.
    tuned : bool
        Whether `validate` tuned them. Otherwise they are the default ones.
    """

    application: Application
    pipeline: Pipeline
    tuned: bool


def load_pipeline(
    path: str | Path, device: torch.device | None = None, trust: bool = False
) -> Pipeline:
    """Load a trained model as a pipeline, which takes audio files.

    Parameters
    ----------
    path : str or Path
        A checkpoint, an experiment directory, or a directory that `train` or `validate` wrote: see
        :func:`~pyannote_strf.experiment.directories.find_trained`. Hyper-parameters are those that
        `validate` tuned, or the default ones if there are none.
    device : torch.device, optional
        Defaults to the CPU.
    trust : bool, optional
        See :func:`~pyannote_strf.models.checkpoint.load_model`. Defaults to False.

    Returns
    -------
    pipeline : Pipeline
        :class:`~pyannote_strf.pipelines.SpeechActivityDetection` for a model of `sad`,
        :class:`~pyannote_strf.pipelines.SpeakerVerification` for a model of `emb`,
        :class:`~pyannote_strf.pipelines.AudioTagging` for a model of `tag`.

    Raises
    ------
    ValueError
        If no model is found, or several are, or no application supports the model.
    """
    return load(path, device=device, trust=trust).pipeline


def load(
    path: str | Path,
    application: Application | None = None,
    options: Any = None,
    device: torch.device | None = None,
    trust: bool = False,
) -> Loaded:
    """Load a trained model with its application.

    Parameters
    ----------
    path, device, trust
        See :func:`load_pipeline`.
    application : Application, optional
        Application that the model must be for. Defaults to any application.
    options : dataclass, optional
        Options of a command. Those that are not None replace the options that the hyper-parameters
        were tuned with.

    Raises
    ------
    ValueError
        If no model is found, or several are, or the application does not support the model.
    """
    checkpoint, params = find_trained(path, None if application is None else application.name)
    if application is None and params is not None:
        application = get_application(params.application)
    if application is None:
        model = load_model(checkpoint, trust)
        application = application_of(specifications_of(model))
        if application is None:
            raise ValueError(f"{checkpoint}: no application supports its model")
    else:
        model = load_model_for(application, checkpoint, trust)
    model.to(device or torch.device("cpu"))
    if params is None:
        saved = application.saved_options(application.ValidateOptions())
    else:
        saved = params.options
    given = {} if options is None else vars(options)
    replaced = {name: value for name, value in given.items() if value is not None}
    try:
        pipeline = build_pipeline(application, model, {**saved, **replaced})
        values = pipeline.default_parameters() if params is None else params.params
        instantiate(pipeline, values)
    except BadParams as error:
        raise ValueError(f"{path}: params.yml: {error}; {Params.remedy}") from error
    return Loaded(application, pipeline, params is not None)


def build_pipeline(application: Application, model: Model, options: Mapping[str, Any]) -> Pipeline:
    """Build the pipeline of a model, on the device of the model.

    Parameters
    ----------
    application : Application
    model : Model
    options : mapping
        See :meth:`Application.pipeline_options`.
    """
    cls = load_class(application.pipeline, "", Pipeline)
    pipeline = cls(
        **{application.pipeline_model: model}, **application.pipeline_options(model, options)
    )
    pipeline.to(model.device)
    return pipeline
