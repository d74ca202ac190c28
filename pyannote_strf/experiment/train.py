"""Train a model, epoch after epoch."""

from __future__ import annotations

import multiprocessing
import typing
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, Trainer, seed_everything
from lightning.pytorch.callbacks import Checkpoint, LearningRateMonitor
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities.exceptions import MisconfigurationException
from pyannote.audio.core.model import Model
from pyannote.audio.core.task import Specifications, Task
from pyannote.database import Protocol

import pyannote_strf.compat.data_workers  # noqa: F401
from pyannote_strf.audio import mono_reader
from pyannote_strf.compat.completed_epoch import CompletedEpoch
from pyannote_strf.compat.plateau_step import PlateauStep
from pyannote_strf.compat.synced_losses import SyncedLosses
from pyannote_strf.database.protocols import (
    checked_files,
    get_protocol,
    get_trials,
    has_trials,
    is_defined,
)
from pyannote_strf.experiment.checkpoints import WholeCheckpointIO
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.divergence import StopAtDivergence
from pyannote_strf.experiment.layout import TrainDir
from pyannote_strf.experiment.progress_bar import EpochProgressBar
from pyannote_strf.experiment.records import Specs
from pyannote_strf.experiment.resume import (
    RESUMED_SECTIONS,
    RandomStates,
    check_resumable,
    resume_from,
    specs,
)
from pyannote_strf.experiment.run import StopOnSignals, alone_in, shared_cache
from pyannote_strf.models.checkpoint import load_model


class Trainable(typing.Protocol):
    """What training asks of an application."""

    name: typing.ClassVar[str]
    architectures: typing.ClassVar[str]

    def serves(self, specifications: Specifications) -> bool: ...


class KeepEveryEpoch(Checkpoint):
    """Write a checkpoint at the end of every epoch.

    Parameters
    ----------
    application : Trainable
    train_dir : TrainDir
    config : Config
        What it is trained with.
    """

    def __init__(self, application: Trainable, train_dir: TrainDir, config: Config):
        self.application = application
        self.train_dir = train_dir
        self.config = config

    def on_fit_start(self, trainer: Trainer, pl_module: Model) -> None:
        """Classes are numbered: those of another training set must not go on from these."""
        check_served(self.application, pl_module.task, self.config)
        before = specs(self.train_dir) if self.train_dir.epochs() else None
        if before is not None and before.classes != _classes(pl_module):
            raise ValueError(
                f"{self.train_dir.specs}: trained on other classes than those of the protocol now; "
                "train in another directory"
            )

    def on_train_epoch_end(self, trainer: Trainer, pl_module: Model) -> None:
        if trainer.current_epoch == 0:
            self._write(trainer, pl_module)
        trainer.save_checkpoint(self.train_dir.checkpoint(trainer.current_epoch + 1))

    def _write(self, trainer: Trainer, model: Model) -> None:
        if trainer.is_global_zero:
            Specs(
                application=self.application.name,
                task=type(model.task).__name__,
                architecture=f"{type(model).__module__}.{type(model).__qualname__}",
                classes=_classes(model),
                duration=model.specifications.duration,
                sample_rate=model.hparams.sample_rate,
                config={name: self.config.content.get(name) for name in RESUMED_SECTIONS},
            ).write(self.train_dir.specs)


def check_served(application: Trainable, task: Task, config: Config) -> None:
    """
    Raises
    ------
    ValueError
        If a task is for another application. Some tasks say what they are once data is prepared only.
    """
    if hasattr(task, "_specifications") and not application.serves(task.specifications):
        raise ValueError(
            f"{config.path}: section 'task': {type(task).__name__} is not for {application.name}"
        )


def _classes(model: Model) -> list[str]:
    """Those of some upstream tasks are numpy's strings."""
    return [str(name) for name in model.specifications.classes]


def train(
    application: Trainable,
    root: Path,
    protocol: str,
    subset: str = "train",
    start: int | str = 0,
    end: int = 100,
    batch_size: int | None = None,
    num_workers: int | None = None,
    pretrained: Path | None = None,
    seed: int = 0,
    trust: bool = False,
    callbacks: Sequence[Callback] = (),
    **trainer_options,
) -> TrainDir:
    """Train the model of an experiment.

    Parameters
    ----------
    application : Trainable
        What it is trained for, e.g. an :class:`~pyannote_strf.applications.base.Application`.
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
        Checkpoint whose weights to start from, of the architecture that `config.yml` asks for.
    seed : int, optional
        Defaults to 0.
    trust : bool, optional
        Whether `config.yml` may name classes outside pyannote.audio, torch and installed plug-ins, and
        checkpoints may hold more than weights and plain Python. Defaults to False.
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
        If the configuration, the protocol or the requested epochs do not make sense, or another process
        trains in the same directory.
    Stopped
        At SIGTERM and SIGINT.
    """
    train_dir = TrainDir.of(root, protocol, subset)
    with StopOnSignals(train_dir) as signals:
        config = Config(root, trust)
        optimisation = config.optimisation()
        callbacks = [*config.callbacks(), *callbacks, signals]
        data = _training_data(protocol, subset, config)
        with alone_in(train_dir):
            specs(train_dir, application.name)
            checkpoint = resume_from(train_dir, start, end)
            if checkpoint and pretrained:
                raise ValueError(
                    "--pretrained is where to start from, not where to resume: leave out --from"
                )
            if checkpoint:
                check_resumable(train_dir, checkpoint, config, trust)

            seed_everything(seed, workers=True, verbose=False)
            with shared_cache(train_dir) as cache:
                overrides = {"batch_size": batch_size, "num_workers": num_workers}
                task = config.task(
                    data,
                    cache=str(cache),
                    **{key: value for key, value in overrides.items() if value is not None},
                )
                check_served(application, task, config)
                model = config.model(task, application.architectures)
                if pretrained is None:
                    model.audio = mono_reader(model.hparams.sample_rate)
                else:
                    model = _pretrained(pretrained, model, config, trust)
                    model.task = task
                model.configure_optimizers = partial(optimisation.configure, model)
                # machines share the experiment directory, and so the cache in it
                model.prepare_data_per_node = False
                trainer = _trainer(
                    KeepEveryEpoch(application, train_dir, config),
                    train_dir,
                    end,
                    trust,
                    callbacks,
                    trainer_options,
                )
                _fit(trainer, model, checkpoint, config, trust)
    return train_dir


def _training_data(name: str, subset: str, config: Config) -> Protocol:
    """Protocol whose `train` is a subset of one, every file of it checked as it is read."""
    protocol, as_defined = (get_protocol(name, config.preprocessors()) for _ in range(2))
    with_development = is_defined(protocol, "development")
    # mistakes in the data are found as it is read, and once before: in no section of config.yml
    next(checked_files(as_defined, subset))
    protocol.train = partial(checked_files, as_defined, subset)
    if with_development:
        protocol.development = partial(checked_files, as_defined, "development")
    if has_trials(as_defined, "development"):
        protocol.development_trial = partial(iter, get_trials(as_defined, "development"))
    return protocol


def _trainer(
    keep: KeepEveryEpoch,
    train_dir: TrainDir,
    end: int,
    trust: bool,
    callbacks: Sequence[Callback],
    options: dict[str, Any],
) -> Trainer:
    try:
        return Trainer(
            max_epochs=end,
            callbacks=[
                SyncedLosses(),
                EpochProgressBar(),
                PlateauStep(),
                CompletedEpoch(),
                RandomStates(),
                LearningRateMonitor(logging_interval="epoch"),
                StopAtDivergence(train_dir),
                keep,
                *callbacks,
            ],
            logger=TensorBoardLogger(
                train_dir.path, name=None, version="logs", default_hp_metric=False
            ),
            plugins=[WholeCheckpointIO(trust)],
            enable_model_summary=False,
            num_sanity_val_steps=0,
            log_every_n_steps=1,
            **options,
        )
    except (MisconfigurationException, TypeError) as error:
        raise ValueError(f"Lightning: {error}") from error


def _fit(
    trainer: Trainer, model: Model, checkpoint: Path | None, config: Config, trust: bool
) -> None:
    # only where there is a fork server, which Python 3.14 on Linux uses by default
    multiprocessing.set_forkserver_preload([type(model.task).__module__])
    try:
        trainer.fit(model, ckpt_path=checkpoint, weights_only=not trust)
    except NotImplementedError as error:
        raise ValueError(
            f"{config.path}: {type(model).__name__} does not support {type(model.task).__name__} "
            f"({error})"
        ) from error
    except RuntimeError as error:
        if "size mismatch" not in str(error):
            raise
        raise ValueError(
            f"{checkpoint}: made for other classes, or by another architecture, than those of now; "
            "train in another directory"
        ) from error


def _pretrained(checkpoint: Path, expected: Model, config: Config, trust: bool) -> Model:
    model = load_model(checkpoint, trust)
    for what, own, asked in (
        ("architecture", type(model).__name__, type(expected).__name__),
        *(
            (name, model.hparams.get(name), value)
            for name, value in expected.hparams.items()
            if name != "task"
        ),
    ):
        if own != asked:
            raise ValueError(
                f"{checkpoint}: its {what} is {own}, but {config.path} asks for {asked}; change that file"
            )
    return model
