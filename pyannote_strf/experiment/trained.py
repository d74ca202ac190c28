"""Trained models, as users name them: a checkpoint, an experiment or a validation."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

from pyannote_strf.experiment.directories import TrainDir, ValidateDir
from pyannote_strf.experiment.records import Params

# where an experiment directory, a training directory and a validation directory hold these files
VALIDATIONS = ("", "validate_*/*", "train/*/validate_*/*")
TRAINED = ("", "train/*")

Directory = TypeVar("Directory", TrainDir, ValidateDir)


class Trained(NamedTuple):
    """A trained model.

    Attributes
    ----------
    checkpoint : Path
    params : Params or None
        Hyper-parameters that `validate` tuned for it. None if it is not validated.
    """

    checkpoint: Path
    params: Params | None


def find_trained(path: str | Path, application: str | None = None) -> Trained:
    """Find a trained model.

    Parameters
    ----------
    path : str or Path
        One of:

        - a checkpoint, which has no hyper-parameters;
        - a directory that `validate` wrote: its best epoch and hyper-parameters;
        - a directory that `train` wrote, or an experiment directory: its only validation, or its
          last epoch if it has none.
    application : str, optional
        Name of the application that must have validated the model. Defaults to any application.

    Raises
    ------
    ValueError
        If no model is found, if several are, or if another application validated it.
    """
    path = Path(path)
    if path.is_file():
        return Trained(path, None)
    if not path.exists():
        raise ValueError(f"{path}: no such checkpoint or directory")
    validations = [ValidateDir(found.parent) for found in _find(path, "params.yml", VALIDATIONS)]
    if validations:
        validate_dir = _only(path, validations, "validations")
        params = Params.read(validate_dir.params, application)
        return Trained(validate_dir.checkpoint(params.epoch), params)
    train_dirs = [TrainDir(found.parent) for found in _find(path, "weights", TRAINED)]
    train_dirs = [train_dir for train_dir in train_dirs if train_dir.epochs()]
    if not train_dirs:
        raise ValueError(
            f"{path}: no trained model found; give a checkpoint, an experiment directory, or the "
            "directory that `validate` writes"
        )
    train_dir = _only(path, train_dirs, "trained models")
    return Trained(train_dir.checkpoint(train_dir.epochs()[-1]), None)


def _find(path: Path, name: str, places: Iterable[str]) -> list[Path]:
    return sorted(found for place in places for found in path.glob(str(Path(place, name))))


def _only(path: Path, found: list[Directory], what: str) -> Directory:
    if len(found) > 1:
        names = ", ".join(str(each.path.relative_to(path)) for each in found)
        raise ValueError(f"{path}: has {len(found)} {what}; give one of: {names}")
    return found[0]
