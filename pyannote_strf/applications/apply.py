"""Application of a trained model to a subset."""

from __future__ import annotations

from typing import Any

import torch
from pyannote.database import ProtocolFile

from pyannote_strf.applications.base import Application
from pyannote_strf.applications.load import load
from pyannote_strf.applications.types import ApplyResult, Job
from pyannote_strf.database.protocols import get_files, get_protocol
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.directories import TrainDir, ValidateDir
from pyannote_strf.experiment.records import Params
from pyannote_strf.files import check_writable, remove_partial
from pyannote_strf.progress import Progress, silent


def apply(
    application: Application,
    directory: ValidateDir | TrainDir,
    protocol: str,
    subset: str,
    options: Any = None,
    device: torch.device | None = None,
    progress: Progress = silent,
    trust: bool = False,
) -> ApplyResult:
    """Apply a model to a subset, and evaluate the output against the reference, if any.

    Parameters
    ----------
    application : Application
    directory : ValidateDir or TrainDir
        Its best epoch with tuned hyper-parameters, or its last epoch with the default ones.
    protocol : str
        Name of a protocol.
    subset : {"train", "development", "test"}
        Subset to process.
    options : ApplyOptions of the application, optional
        Defaults to `application.ApplyOptions()`.
    device : torch.device, optional
        Defaults to the CPU.
    progress : callable, optional
        See :data:`~pyannote_strf.progress.Progress`.
    trust : bool, optional
        See :class:`~pyannote_strf.experiment.config.Config` and
        :func:`~pyannote_strf.models.checkpoint.load_model`. Defaults to False.

    Returns
    -------
    result : ApplyResult

    Raises
    ------
    ValueError
        If another application wrote the directory, or a recording cannot be processed.
    """
    if isinstance(directory, ValidateDir):
        train_dir, model = directory.train_dir, directory.path
        epoch = Params.read(directory.params, application.name).epoch
    else:
        train_dir, epoch = directory, directory.epochs()[-1]
        model = train_dir.checkpoint(epoch)
    preprocessors = Config(train_dir.root, trust).preprocessors()
    items = application.items(get_protocol(protocol, preprocessors), subset, evaluated=False)
    output = directory.apply_dir(epoch) / f"{protocol}.{subset}"
    check_writable(output.parent)
    remove_partial(output.parent, f"{output.name}.*")

    def training_files() -> list[ProtocolFile]:
        name, _, trained_subset = train_dir.path.resolve().name.rpartition(".")
        return get_files(get_protocol(name, preprocessors), trained_subset)

    options = options or application.ApplyOptions()
    job = Job(
        pipeline=load(model, application, options, device, trust).pipeline,
        items=items,
        output=output,
        options=options,
        training_files=training_files,
        progress=progress,
    )
    return application.apply(job)
