"""Training of the model of an experiment."""

from __future__ import annotations

import logging
import typing
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, cast

from lightning.pytorch import Callback, LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import Checkpoint
from pyannote.audio.core.model import Model
from pyannote.audio.core.task import Specifications, Task
from pyannote.database import Protocol, ProtocolFile

import pyannote_strf.compat.data_workers  # noqa: F401
from pyannote_strf.audio import mono_reader
from pyannote_strf.database.protocols import (
    checked_files,
    get_protocol,
    get_trials,
    has_trials,
    is_defined,
)
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.defaults import FIRST_EPOCH, LAST_EPOCH, SEED
from pyannote_strf.experiment.directories import TrainDir, find_trained
from pyannote_strf.experiment.records import Specs
from pyannote_strf.experiment.resume import (
    RESUMED_SECTIONS,
    check_resumable,
    read_specs,
    resume_from,
)
from pyannote_strf.experiment.run import StopOnSignals, lock_directory, shared_cache
from pyannote_strf.experiment.trainer import build_trainer, fit
from pyannote_strf.models.checkpoint import load_model

logger = logging.getLogger(__name__)


class Trainable(typing.Protocol):
    """Interface that training needs of an application.

    Attributes
    ----------
    name : str
    architectures : str
        Module of architectures that are not registered as plug-ins.
    annotated : bool
        Whether files to train on must have an annotation.
    """

    name: ClassVar[str]
    architectures: ClassVar[str]
    annotated: ClassVar[bool]

    def serves(self, specifications: Specifications) -> bool:
        """Return whether the application supports models with these specifications."""
        ...


class KeepEveryEpoch(Checkpoint):
    """Write a checkpoint at the end of every epoch.

    Parameters
    ----------
    application : Trainable
    train_dir : TrainDir
        Directory to write to.
    config : Config
        Configuration to record.
    """

    def __init__(self, application: Trainable, train_dir: TrainDir, config: Config) -> None:
        self.application = application
        self.train_dir = train_dir
        self.config = config

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check the task, and that its classes are those of earlier epochs, which number them."""
        model = cast(Model, pl_module)
        check_served(self.application, model.task, self.config)
        before = read_specs(self.train_dir) if self.train_dir.epochs() else None
        if before is not None and before.classes != _classes(_specifications(model)):
            raise ValueError(
                f"{self.train_dir.specs}: trained on other classes than those of the protocol; "
                "train in another directory"
            )

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write a checkpoint, and `specs.yml` in the first epoch."""
        if trainer.current_epoch == 0:
            self._write_specs(trainer, cast(Model, pl_module))
        trainer.save_checkpoint(self.train_dir.checkpoint(trainer.current_epoch + 1))

    def _write_specs(self, trainer: Trainer, model: Model) -> None:
        if trainer.is_global_zero:
            specifications = _specifications(model)
            Specs(
                application=self.application.name,
                task=type(model.task).__name__,
                architecture=f"{type(model).__module__}.{type(model).__qualname__}",
                classes=_classes(specifications),
                duration=specifications.duration,
                sample_rate=model.hparams["sample_rate"],
                config={name: self.config.content.get(name) for name in RESUMED_SECTIONS},
            ).write(self.train_dir.specs)


def check_served(application: Trainable, task: Task, config: Config) -> None:
    """Check that an application supports a task.

    Some tasks have no specifications before data is prepared. They pass this check until then.

    Parameters
    ----------
    application : Trainable
    task : Task
    config : Config
        Configuration of the task, for the message.

    Raises
    ------
    ValueError
        If the task is for another application.
    """
    if hasattr(task, "_specifications") and not application.serves(_specifications(task)):
        raise ValueError(
            f"{config.path}: section 'task': {type(task).__name__} is not for {application.name}"
        )


def _specifications(source: Model | Task) -> Specifications:
    """Return the specifications of a model or task. Applications support single tasks only."""
    return cast(Specifications, source.specifications)


def _classes(specifications: Specifications) -> list[str]:
    """Return the classes as plain strings. Some upstream tasks have NumPy strings."""
    return [str(name) for name in cast(list[str], specifications.classes)]


def train(
    application: Trainable,
    root: Path,
    protocol: str,
    subset: str = "train",
    start: int | str = FIRST_EPOCH,
    end: int = LAST_EPOCH,
    batch_size: int | None = None,
    num_workers: int | None = None,
    pretrained: Path | None = None,
    seed: int = SEED,
    held_out: Collection[str] = (),
    trust: bool = False,
    callbacks: Sequence[Callback] = (),
    **trainer_options: Any,
) -> TrainDir:
    """Train the model of an experiment.

    Parameters
    ----------
    application : Trainable
        Application to train for, see :class:`~pyannote_strf.applications.base.Application`.
    root : Path
        Experiment directory, which contains `config.yml`.
    protocol : str
        Name of the protocol.
    subset : {"train", "development", "test"}, optional
        Subset to train on, or several, such as "train+development", which leave no development set.
        Defaults to "train".
    start : int or "last", optional
        Epoch to resume from. Defaults to 0, which starts from scratch.
    end : int, optional
        Epoch to train to. Defaults to 100.
    batch_size : int, optional
        Batch size. Defaults to the value in `config.yml`.
    num_workers : int, optional
        Number of data loading processes. Defaults to the value in `config.yml`, or half the number
        of cores.
    pretrained : Path, optional
        Trained model of the same architecture, whose weights are the initial ones: see
        :func:`~pyannote_strf.experiment.directories.find_trained`. Defaults to random weights.
    seed : int, optional
        Random seed. Defaults to 0.
    held_out : collection of str, optional
        URIs of files that training leaves out.
    trust : bool, optional
        Import classes outside pyannote.audio, torch and installed plug-ins that `config.yml` names,
        and unpickle any class in checkpoints. Defaults to False.
    callbacks : sequence of Callback, optional
        Callbacks in addition to those of `config.yml`.
    trainer_options : optional
        Options of :class:`lightning.pytorch.Trainer`.

    Returns
    -------
    train_dir : TrainDir
        Directory of checkpoints and logs.

    Raises
    ------
    ValueError
        If the configuration, the protocol or the epochs are invalid, if training diverges, or if
        another process trains in the same directory.
    Stopped
        On SIGTERM and SIGINT.
    """
    train_dir = TrainDir.of(root, protocol, subset)
    with StopOnSignals(train_dir) as signals:
        config = Config(root, trust)
        optimisation = config.optimisation()
        callbacks = [*config.callbacks(), *callbacks, signals]
        data = _training_data(protocol, subset, config, application.annotated, held_out)
        with lock_directory(train_dir):
            read_specs(train_dir, application.name)
            checkpoint = resume_from(train_dir, start, end)
            if checkpoint and pretrained:
                raise ValueError("--pretrained cannot be combined with resuming; leave out --from")
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
                    model.audio = mono_reader(model.hparams["sample_rate"])
                else:
                    model = _pretrained(pretrained, model, config, trust)
                    model.task = task
                # pyannote.audio assigns optimisers in this way
                model.configure_optimizers = partial(  # type: ignore[method-assign]
                    optimisation.configure, model
                )
                # machines share the experiment directory, including the cache
                model.prepare_data_per_node = False
                trainer = build_trainer(
                    KeepEveryEpoch(application, train_dir, config),
                    train_dir,
                    end,
                    trust,
                    callbacks,
                    trainer_options,
                )
                if trainer.num_nodes > 1:
                    signals.end_at_once()
                    if trainer.local_rank == 0:
                        logger.warning("waiting for %d machines", trainer.num_nodes)
                fit(trainer, model, checkpoint, config, trust)
    return train_dir


def _training_data(
    name: str, subset: str, config: Config, annotated: bool, held_out: Collection[str]
) -> Protocol:
    """Return a protocol whose `train` is the given subset, and check its files when read."""
    protocol, as_defined = (get_protocol(name, config.preprocessors()) for _ in range(2))
    # tasks on clips replace preprocessors: see compat/clip_protocols.py
    as_defined.preprocessors = protocol.preprocessors

    def train_files() -> Iterator[ProtocolFile]:
        for file in checked_files(as_defined, subset, annotated):
            if file["uri"] not in held_out:
                yield file

    # check the first file now: later, its errors would be attributed to a section of config.yml
    next(checked_files(as_defined, subset, annotated))
    if "+" in subset:
        protocol.development = _undefined  # type: ignore[method-assign]
    elif is_defined(protocol, "development"):
        protocol.development = partial(  # type: ignore[method-assign]
            checked_files, as_defined, "development", annotated
        )
    protocol.train = train_files  # type: ignore[method-assign]
    if "+" not in subset and has_trials(as_defined, "development"):
        trials = get_trials(as_defined, "development")
        protocol.development_trial = partial(iter, trials)  # type: ignore[attr-defined]
    return protocol


def _undefined() -> Iterator[ProtocolFile]:
    """Stand for a subset that a protocol does not define."""
    raise NotImplementedError


def _pretrained(path: Path, expected: Model, config: Config, trust: bool) -> Model:
    checkpoint = find_trained(path).checkpoint
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
                f"{checkpoint}: its {what} is {own}, but {config.path} defines {asked}; change "
                "that file"
            )
    return model
