"""Directories and files of an experiment, in the layout of pyannote.audio 1.1.

::

    <root>/config.yml
    <root>/train/<protocol>.<subset>/specs.yml
                                    /weights/0001.ckpt
                                    /apply/<epoch>/
                                    /validate_<metric>/<protocol>.<subset>/params.yml
                                                                          /config.yaml
                                                                          /0001/pytorch_model.bin
                                                                          /apply/<epoch>/

`config.yaml` and `pytorch_model.bin` are what `Pipeline.from_pretrained` of pyannote.audio loads.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

from pyannote.audio.utils.hf_hub import AssetFileName

from pyannote_strf.experiment.records import Params

# where an experiment directory, a training directory and a validation directory hold these files
VALIDATIONS = ("", "validate_*/*", "train/*/validate_*/*")
TRAINED = ("", "train/*")


class TrainDir:
    """Directory of one training run.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, root: Path, protocol: str, subset: str) -> TrainDir:
        """Return the directory for training on a subset, in experiment directory `root`."""
        return cls(root / "train" / f"{protocol}.{subset}")

    @classmethod
    def existing(cls, path: Path) -> TrainDir:
        """Return a directory that contains at least one checkpoint.

        Raises
        ------
        ValueError
            If the directory contains no checkpoint.
        """
        train_dir = cls(path)
        if not train_dir.epochs():
            raise ValueError(
                f"{path}: no weights/0001.ckpt found; give the directory that `train` writes, "
                "<root>/train/<protocol>.<subset>"
            )
        return train_dir

    @classmethod
    def around(cls, checkpoint: Path) -> TrainDir | None:
        """Return the directory of a checkpoint, or None if it is not part of an experiment."""
        path = checkpoint.resolve()
        for pattern in ("weights/*.ckpt", f"validate_*/*/*/{AssetFileName.Model.value}"):
            if path.match(f"train/*/{pattern}"):
                found = cls(path.parents[pattern.count("/")])
                return found if (found.root / "config.yml").is_file() else None
        return None

    @property
    def root(self) -> Path:
        """Experiment directory."""
        return self.path.resolve().parents[1]

    @property
    def specs(self) -> Path:
        """File that describes what was trained."""
        return self.path / "specs.yml"

    @property
    def weights(self) -> Path:
        """Directory of checkpoints."""
        return self.path / "weights"

    @property
    def lock(self) -> Path:
        """File that is locked while training."""
        return self.path / ".lock"

    def checkpoint(self, epoch: int) -> Path:
        """Return the path to the checkpoint of an epoch, counted from 1."""
        return self.weights / f"{epoch:04d}.ckpt"

    def epochs(self) -> list[int]:
        """Return the epochs that have a checkpoint, sorted."""
        names = (path.stem for path in self.weights.glob("*.ckpt"))
        return sorted(int(name) for name in names if name.isdigit())

    def apply_dir(self, epoch: int) -> Path:
        """Return the directory for the outputs of an epoch that was not validated."""
        return self.path / "apply" / f"{epoch:04d}"

    def select(self, first: int | str, last: int | str, every: int) -> list[int]:
        """Return every `every`-th epoch from `first` to `last` that has a checkpoint.

        Parameters
        ----------
        first, last : int or "last"
            Range of epochs, both included. "last" is the last epoch that has a checkpoint.
        every : int
            Step, counted from `first`: from 0 in steps of 10, the epochs are 10, 20, and so on.

        Returns
        -------
        epochs : list of int

        Raises
        ------
        ValueError
            If no such epoch has a checkpoint.
        """
        epochs = self.epochs()
        start, end = (epochs[-1] if epoch == "last" else int(epoch) for epoch in (first, last))
        selected = [epoch for epoch in epochs if epoch in range(start, end + 1, every)]
        if not selected:
            steps = f" in steps of {every}" if every > 1 else ""
            raise ValueError(
                f"{self.path}: no epoch between {start} and {end}{steps}; trained epochs: "
                f"{epochs[0]} to {epochs[-1]}"
            )
        return selected

    def validate_dir(self, metric: str, protocol: str, subset: str) -> ValidateDir:
        """Return the directory for validation on a subset by a metric."""
        return ValidateDir(self.path / f"validate_{metric}" / f"{protocol}.{subset}")


class ValidateDir:
    """Directory of one validation run.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def existing(cls, path: Path) -> ValidateDir:
        """Return a directory that contains the results of a validation.

        Raises
        ------
        ValueError
            If the directory contains no `params.yml`.
        """
        validate_dir = cls(path)
        if not validate_dir.params.is_file():
            raise ValueError(
                f"{path}: no params.yml found; give the directory that `validate` writes, "
                "<root>/train/<protocol>.<subset>/validate_<metric>/<protocol>.<subset>"
            )
        return validate_dir

    @property
    def params(self) -> Path:
        """File of the best epoch and its hyper-parameters."""
        return self.path / "params.yml"

    @property
    def config(self) -> Path:
        """File that describes the tuned pipeline."""
        return self.path / AssetFileName.Pipeline.value

    def checkpoint(self, epoch: int) -> Path:
        """Return the path to the copy of the checkpoint of the best epoch."""
        return self.path / f"{epoch:04d}" / AssetFileName.Model.value

    @property
    def train_dir(self) -> TrainDir:
        """Directory of the training run that was validated."""
        return TrainDir(self.path.resolve().parents[1])

    def apply_dir(self, epoch: int) -> Path:
        """Return the directory for the outputs of an epoch."""
        return self.path / "apply" / f"{epoch:04d}"


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
        checkpoint = validate_dir.checkpoint(params.epoch)
        if not checkpoint.is_file():
            raise ValueError(f"{checkpoint}: does not exist; {Params.remedy}")
        return Trained(checkpoint, params)
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
