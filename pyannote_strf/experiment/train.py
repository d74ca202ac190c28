"""Train a model, epoch after epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import yaml
from lightning.pytorch import Callback, Trainer, seed_everything
from lightning.pytorch.callbacks import Checkpoint, RichProgressBar
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only
from lightning.pytorch.utilities.exceptions import MisconfigurationException
from pyannote.audio.core.model import Model

from pyannote_strf.audio import Audio
from pyannote_strf.experiment.checkpoints import WholeCheckpointIO, load_model
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.layout import TrainDir
from pyannote_strf.experiment.protocols import (
    checked_files,
    get_protocol,
    get_trials,
    has_trials,
    is_defined,
)
from pyannote_strf.files import write_yaml


class KeepEveryEpoch(Checkpoint):
    """Write a checkpoint at the end of every epoch.

    Parameters
    ----------
    train_dir : TrainDir
    """

    def __init__(self, train_dir: TrainDir):
        self.train_dir = train_dir

    def on_fit_start(self, trainer: Trainer, pl_module: Model) -> None:
        """Classes are numbered: those of another training set must not go on from these."""
        if self.train_dir.specs.is_file() and self.train_dir.epochs():
            specs = yaml.safe_load(self.train_dir.specs.read_text(encoding="utf-8"))
            if specs["classes"] != list(pl_module.specifications.classes):
                raise ValueError(
                    f"{self.train_dir.specs}: trained on other classes than those of the protocol now; "
                    "train in another directory"
                )

    def on_train_epoch_end(self, trainer: Trainer, pl_module: Model) -> None:
        if trainer.current_epoch == 0:
            self._write_specs(trainer, pl_module)
        trainer.save_checkpoint(self.train_dir.checkpoint(trainer.current_epoch + 1))

    def _write_specs(self, trainer: Trainer, model: Model) -> None:
        if trainer.is_global_zero:
            write_yaml(
                self.train_dir.specs,
                {
                    "task": type(model.task).__name__,
                    "architecture": f"{type(model).__module__}.{type(model).__qualname__}",
                    "classes": list(model.specifications.classes),
                    "duration": float(model.specifications.duration),
                    "sample_rate": int(model.hparams.sample_rate),
                },
            )


def train(
    root: Path,
    protocol: str,
    subset: str = "train",
    start: int | str = 0,
    end: int = 100,
    batch_size: int | None = None,
    num_workers: int | None = None,
    pretrained: Path | None = None,
    seed: int = 0,
    callbacks: Sequence[Callback] = (),
    **trainer_options,
) -> TrainDir:
    """Train the model of an experiment.

    Parameters
    ----------
    root : Path
        Experiment directory, with its `config.yml`.
    protocol : str
        Name of a protocol.
    subset : {"train", "development", "test"}, optional
        What to train on.
    start : int or "last", optional
        Epoch to resume from. Defaults to starting from scratch.
    end : int, optional
        Epoch to train to. Defaults to 100.
    batch_size : int, optional
        Defaults to what `config.yml` says.
    num_workers : int, optional
        Processes that prepare chunks. Defaults to half as many as there are cores.
    pretrained : Path, optional
        Checkpoint whose weights to start from.
    seed : int, optional
        Defaults to 0.
    callbacks : sequence of Callback, optional
        Beside those of `config.yml`.
    trainer_options : optional
        Given to :class:`lightning.pytorch.Trainer`.

    Returns
    -------
    train_dir : TrainDir

    Raises
    ------
    ValueError
        If the configuration, the protocol or the requested epochs do not make sense.
    """
    config = Config(root)
    optimisation = config.optimisation()
    callbacks = [*config.callbacks(), *callbacks]

    protocol_ = get_protocol(protocol, config.preprocessors())
    with_development = is_defined(protocol_, "development")
    as_defined = get_protocol(protocol, config.preprocessors())
    # mistakes in the data are found as it is read, and once before: in no section of config.yml
    next(checked_files(as_defined, subset))
    protocol_.train = partial(checked_files, as_defined, subset)
    if with_development:
        protocol_.development = partial(checked_files, as_defined, "development")
    if has_trials(as_defined, "development"):
        protocol_.development_trial = partial(iter, get_trials(as_defined, "development"))
    train_dir = TrainDir.of(root, protocol, subset)
    resume_from = _resume_from(train_dir, start, end)
    if resume_from and pretrained:
        raise ValueError(
            "--pretrained is where to start from, not where to resume: leave out --from"
        )

    seed_everything(seed, workers=True, verbose=False)
    with _cache(train_dir) as cache:
        overrides = {"batch_size": batch_size, "num_workers": num_workers}
        task = config.task(
            protocol_,
            cache=str(cache),
            **{key: value for key, value in overrides.items() if value is not None},
        )
        if pretrained is None:
            model = config.model(task)
            model.audio = Audio(sample_rate=model.hparams.sample_rate, mono="downmix")
        else:
            model = load_model(pretrained)
            model.task = task
        model.configure_optimizers = partial(optimisation.configure, model)
        # machines share the experiment directory, and so the cache in it
        model.prepare_data_per_node = False

        try:
            trainer = Trainer(
                max_epochs=end,
                callbacks=[RichProgressBar(), KeepEveryEpoch(train_dir), *callbacks],
                logger=TensorBoardLogger(train_dir.path, name=None, version="logs"),
                plugins=[WholeCheckpointIO()],
                enable_model_summary=False,
                num_sanity_val_steps=0,
                log_every_n_steps=1,
                **trainer_options,
            )
        except (MisconfigurationException, TypeError) as error:
            raise ValueError(f"Lightning: {error}") from error
        try:
            trainer.fit(model, ckpt_path=resume_from, weights_only=False)
        except NotImplementedError as error:
            raise ValueError(
                f"{config.path}: {type(model).__name__} is no architecture for {type(task).__name__} "
                f"({error})"
            ) from error
        except RuntimeError as error:
            if "size mismatch" not in str(error):
                raise
            raise ValueError(
                f"{resume_from}: made for other classes, or by another architecture, than those of now; "
                "train in another directory"
            ) from error
    return train_dir


@contextmanager
def _cache(train_dir: TrainDir) -> Iterator[Path]:
    """Path at which the first process keeps what it read of the protocol, for all others."""
    path = train_dir.path / "protocol.npz"
    remove = rank_zero_only(partial(path.unlink, missing_ok=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    remove()
    try:
        yield path
    finally:
        remove()


def _resume_from(train_dir: TrainDir, start: int | str, end: int) -> Path | None:
    epochs = train_dir.epochs()
    if start == "last":
        if not epochs:
            raise ValueError(
                f"{train_dir.path}: no epoch was completed there; leave out --from=last"
            )
        start = epochs[-1]
    if start >= end:
        raise ValueError(
            f"{train_dir.path}: epoch {start} was reached already; raise --to (now {end})"
        )
    if start == 0:
        if epochs:
            raise ValueError(
                f"{train_dir.path}: trained to epoch {epochs[-1]} already; go on with --from=last, "
                "or remove that directory"
            )
        return None
    if start not in epochs:
        there = f"there are {epochs[0]} to {epochs[-1]}" if epochs else "there is none"
        raise ValueError(f"{train_dir.path}: no checkpoint of epoch {start}; {there}")
    if start < epochs[-1]:
        raise ValueError(
            f"{train_dir.path}: trained to epoch {epochs[-1]} already; remove checkpoints after "
            f"epoch {start} from weights/ to train them again"
        )
    return train_dir.checkpoint(start)
