"""Storage of tuning trials, which several processes may share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock
from pyannote.audio.core.pipeline import Pipeline
from pyannote.database import ProtocolFile
from pyannote.pipeline import Optimizer

from pyannote_strf.files import check_writable
from pyannote_strf.messages import describe

# pyannote.pipeline chooses the kind of storage by these suffixes
SUFFIXES = (".sqlite", ".journal")


def shared_optimizer(pipeline: Pipeline, files: list[ProtocolFile], storage: Path) -> Optimizer:
    """Return an optimizer that shares its trials with processes that use the same storage.

    Processes share trials if they tune the same model on the same files.

    Parameters
    ----------
    pipeline : SpeechActivityDetection
    files : list of ProtocolFile
    storage : Path
        The first process creates it.

    Raises
    ------
    ValueError
        If the file is not a storage of trials.
    """
    try:
        # the lock keeps two processes from creating the tables of a database at the same time
        with FileLock(storage.with_suffix(".lock")):
            # no seed: processes with the same seed would propose the same hyper-parameters
            return Optimizer(pipeline, db=storage, study_name=fingerprint(pipeline, files))
    except Exception as error:
        # other kinds of files raise nearly any exception
        raise ValueError(f"{storage}: cannot be used as storage ({describe(error)})") from error


def check_storage(storage: Path) -> None:
    """Check that a path can be used as storage.

    Raises
    ------
    ValueError
        If the suffix is not supported, the path cannot be written, or it is another kind of file.
    """
    if storage.suffix not in SUFFIXES:
        raise ValueError(f"{storage}: suffix not supported, valid options: {', '.join(SUFFIXES)}")
    check_writable(storage.parent)
    if not storage.exists():
        return
    with storage.open("rb") as file:
        start = file.read(16)
    # Optuna appends to any file that is named as a journal
    if start and not start.startswith((b"SQLite format 3", b'{"op_code"')):
        raise ValueError(f"{storage}: not a storage of trials; choose another file")


def fingerprint(pipeline: Pipeline, files: Iterable[ProtocolFile]) -> str:
    """Return a digest of the model, the options of the pipeline, and the files and references."""
    digest = hashlib.sha256()
    for name, value in pipeline._segmentation.model.state_dict().items():
        digest.update(name.encode())
        digest.update(value.cpu().numpy().tobytes())
    digest.update(f"{pipeline.get_direction()} {pipeline._segmentation.step}".encode())
    for file in files:
        reference = file["annotation"].get_timeline(), file["annotated"]
        digest.update(f"{file['uri']} {reference}".encode())
    return digest.hexdigest()
