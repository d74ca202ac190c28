"""Where an experiment keeps its files, in the layout of pyannote.audio 1.1.

::

    <root>/config.yml
    <root>/train/<protocol>.<subset>/specs.yml
                                    /weights/0001.ckpt
                                    /validate_<metric>/<protocol>.<subset>/params.yml
                                                                          /apply/<epoch>/
"""

from __future__ import annotations

from pathlib import Path


class TrainDir:
    """Directory of one training run.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path):
        self.path = path

    @classmethod
    def of(cls, root: Path, protocol: str, subset: str) -> TrainDir:
        return cls(root / "train" / f"{protocol}.{subset}")

    @classmethod
    def existing(cls, path: Path) -> TrainDir:
        """
        Raises
        ------
        ValueError
            If nothing was trained there.
        """
        train_dir = cls(path)
        if not train_dir.epochs():
            raise ValueError(
                f"{path}: holds no weights/0001.ckpt; give the directory that `train` made, "
                "<root>/train/<protocol>.<subset>"
            )
        return train_dir

    @classmethod
    def around(cls, checkpoint: Path) -> TrainDir | None:
        """Where a checkpoint lies, or None if that is no directory of an experiment."""
        path = checkpoint.resolve()
        if not path.match("train/*/weights/*.ckpt"):
            return None
        found = cls(path.parents[1])
        return found if (found.root / "config.yml").is_file() else None

    @property
    def root(self) -> Path:
        """Experiment directory."""
        return self.path.resolve().parents[1]

    @property
    def specs(self) -> Path:
        return self.path / "specs.yml"

    @property
    def weights(self) -> Path:
        return self.path / "weights"

    @property
    def lock(self) -> Path:
        """File that a training run holds a lock on."""
        return self.path / ".lock"

    def checkpoint(self, epoch: int) -> Path:
        """Path to the checkpoint written at the end of an epoch, counted from 1."""
        return self.weights / f"{epoch:04d}.ckpt"

    def epochs(self) -> list[int]:
        """Epochs that were completed, in order."""
        names = (path.stem for path in self.weights.glob("*.ckpt"))
        return sorted(int(name) for name in names if name.isdigit())

    def select(self, first: int | str, last: int | str, every: int) -> list[int]:
        """Every so many epochs, counted from the first.

        Parameters
        ----------
        first, last : int or "last"
            "last" is the last one trained. Every tenth epoch from 0 on is 10, 20, and so on.
        every : int

        Raises
        ------
        ValueError
            If there is none.
        """
        there = self.epochs()
        first, last = (there[-1] if epoch == "last" else epoch for epoch in (first, last))
        counted = range(first, last + 1, every)
        chosen = [epoch for epoch in there if epoch in counted]
        if not chosen:
            steps = f" in steps of {every}" if every > 1 else ""
            raise ValueError(
                f"{self.path}: no epoch between {first} and {last}{steps}; "
                f"there are {there[0]} to {there[-1]}"
            )
        return chosen

    def validate_dir(self, metric: str, protocol: str, subset: str) -> ValidateDir:
        return ValidateDir(self.path / f"validate_{metric}" / f"{protocol}.{subset}")


class ValidateDir:
    """Directory of one validation.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path):
        self.path = path

    @classmethod
    def existing(cls, path: Path) -> ValidateDir:
        """
        Raises
        ------
        ValueError
            If nothing was validated there.
        """
        validate_dir = cls(path)
        if not validate_dir.params.is_file():
            raise ValueError(
                f"{path}: holds no params.yml; give the directory that `validate` made, "
                "<root>/train/<protocol>.<subset>/validate_<metric>/<protocol>.<subset>"
            )
        return validate_dir

    @property
    def params(self) -> Path:
        return self.path / "params.yml"

    @property
    def train_dir(self) -> TrainDir:
        return TrainDir(self.path.resolve().parents[1])

    def apply_dir(self, epoch: int) -> Path:
        return self.path / "apply" / f"{epoch:04d}"
