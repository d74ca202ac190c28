"""Trials that several processes share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock
from pyannote.audio.core.pipeline import Pipeline
from pyannote.database import ProtocolFile
from pyannote.pipeline import Optimizer

from pyannote_strf.checks import describe
from pyannote_strf.files import check_writable

# as pyannote.pipeline tells kinds of storage apart
SUFFIXES = (".sqlite", ".journal")


def shared_optimizer(pipeline: Pipeline, files: list[ProtocolFile], storage: Path) -> Optimizer:
    """Optimiser whose trials are shared by all processes that tune one model on the same files.

    Parameters
    ----------
    pipeline : SpeechActivityDetection
    files : list of ProtocolFile
    storage : Path
        Made by the first process.

    Raises
    ------
    ValueError
        If the storage is something else.
    """
    try:
        # two processes that make the tables of a database at once fail
        with FileLock(storage.with_suffix(".lock")):
            # without a seed: processes of one seed would try the same hyper-parameters
            return Optimizer(pipeline, db=storage, study_name=fingerprint(pipeline, files))
    except Exception as error:
        # a file that is something else raises nearly anything
        raise ValueError(f"{storage}: cannot be used as storage ({describe(error)})") from error


def check_storage(storage: Path) -> None:
    """Check a storage before anything is scored.

    Raises
    ------
    ValueError
        If the storage is of another kind, cannot be written, or is something else.
    """
    if storage.suffix not in SUFFIXES:
        raise ValueError(f"{storage}: name a storage with suffix {' or '.join(SUFFIXES)}")
    check_writable(storage.parent)
    if not storage.exists():
        return
    with storage.open("rb") as file:
        start = file.read(16)
    # Optuna appends to a journal, whatever it holds
    if start and not start.startswith((b"SQLite format 3", b'{"op_code"')):
        raise ValueError(f"{storage}: not a storage of trials; name another file")


def fingerprint(pipeline: Pipeline, files: Iterable[ProtocolFile]) -> str:
    """Name of what is tuned: the model, how it is applied, and the files with their reference."""
    found = hashlib.sha256()
    for name, value in pipeline._segmentation.model.state_dict().items():
        found.update(name.encode())
        found.update(value.cpu().numpy().tobytes())
    found.update(f"{pipeline.get_direction()} {pipeline._segmentation.step}".encode())
    for file in files:
        reference = file["annotation"].get_timeline(), file["annotated"]
        found.update(f"{file['uri']} {reference}".encode())
    return found.hexdigest()
