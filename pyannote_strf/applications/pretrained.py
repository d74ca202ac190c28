"""Directories that `Pipeline.from_pretrained` of pyannote.audio loads."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

from pyannote.audio import Model

from pyannote_strf.applications.base import Application
from pyannote_strf.experiment.directories import ValidateDir
from pyannote_strf.experiment.records import Params
from pyannote_strf.files import write_yaml
from pyannote_strf.models.checkpoint import copy_model


def write_pretrained(
    application: Application,
    validate_dir: ValidateDir,
    checkpoint: Path,
    model: Model,
    params: Params,
    trust: bool = False,
) -> None:
    """Write the best epoch and its hyper-parameters.

    `config.yaml` and `params.yml` name the folder of their epoch, so that each of them describes a
    complete pipeline at any moment.

    Parameters
    ----------
    application : Application
    validate_dir : ValidateDir
        Directory to write.
    checkpoint : Path
        Checkpoint of the best epoch.
    model : Model
        Its model.
    params : Params
    trust : bool, optional
        See :func:`~pyannote_strf.models.checkpoint.read_checkpoint`.
    """
    copy = validate_dir.checkpoint(params.epoch)
    copy_model(checkpoint, copy, trust)
    config = {
        "dependencies": {name: version(name) for name in ("pyannote.audio", "pyannote-strf")},
        "pipeline": {
            "name": application.pipeline,
            "params": {
                application.pipeline_model: f"$model/{copy.parent.name}",
                **application.pipeline_options(model, params.options),
            },
        },
        "params": params.params,
    }
    write_yaml(validate_dir.config, config)
    params.write(validate_dir.params)
    for other in validate_dir.path.glob(f"*/{copy.name}"):
        if other != copy:
            shutil.rmtree(other.parent)
