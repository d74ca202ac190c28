"""Lightning trainer of an experiment, and what its errors mean to users."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import LambdaCallback, LearningRateMonitor
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities.exceptions import MisconfigurationException
from pyannote.audio.core.model import Model

from pyannote_strf.compat.completed_epoch import CompletedEpoch
from pyannote_strf.compat.plateau_step import PlateauStep
from pyannote_strf.compat.synced_losses import SyncedLosses
from pyannote_strf.experiment.checkpoints import AtomicCheckpointIO
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.directories import TrainDir
from pyannote_strf.experiment.divergence import StopAtDivergence
from pyannote_strf.experiment.progress_bar import EpochProgressBar
from pyannote_strf.experiment.resume import RandomStates
from pyannote_strf.messages import describe


def build_trainer(
    keep: Callback,
    train_dir: TrainDir,
    end: int,
    trust: bool,
    callbacks: Sequence[Callback],
    options: dict[str, Any],
) -> Trainer:
    """Build the trainer.

    Parameters
    ----------
    keep : Callback
        Callback that writes checkpoints.
    train_dir : TrainDir
        Directory of checkpoints and logs.
    end : int
        Epoch to train to.
    trust : bool
        Whether checkpoints may contain any class.
    callbacks : sequence of Callback
        Additional callbacks.
    options : dict
        Other options of :class:`lightning.pytorch.Trainer`.

    Raises
    ------
    ValueError
        If an option is invalid.
    """
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
            plugins=[AtomicCheckpointIO(trust)],
            enable_model_summary=False,
            num_sanity_val_steps=0,
            log_every_n_steps=1,
            **options,
        )
    except (MisconfigurationException, TypeError) as error:
        raise ValueError(f"Lightning: {error}") from error


def fit(
    trainer: Trainer, model: Model, checkpoint: Path | None, config: Config, trust: bool
) -> None:
    """Train a model, and name the file behind an error.

    Parameters
    ----------
    trainer : Trainer
    model : Model
    checkpoint : Path or None
        Checkpoint to resume from.
    config : Config
        Configuration of the model, for messages.
    trust : bool
        Whether the checkpoint may contain any class.

    Raises
    ------
    ValueError
        If the model does not support the task, or training cannot resume from the checkpoint.
    """
    # used by the fork server, the default of Python 3.14 on Linux
    multiprocessing.set_forkserver_preload([type(model.task).__module__])
    started = threading.Event()
    callback = LambdaCallback(on_train_batch_end=lambda *_: started.set())
    trainer.callbacks.append(callback)  # type: ignore[attr-defined]
    try:
        trainer.fit(model, ckpt_path=checkpoint, weights_only=not trust)
    except NotImplementedError as error:
        raise ValueError(
            f"{config.path}: {type(model).__name__} does not support {type(model.task).__name__} "
            f"({error})"
        ) from error
    except MisconfigurationException as error:
        raise ValueError(f"{config.path}: section 'callbacks': {error}") from error
    except Exception as error:
        if "Early stopping conditioned on metric" in str(error):
            raise ValueError(f"{config.path}: section 'callbacks': {describe(error)}") from error
        # states of another model raise almost any error, until the first batch ends
        if checkpoint is None or isinstance(error, ValueError | OSError) or started.is_set():
            raise
        raise ValueError(
            f"{checkpoint}: its classes or its architecture differ from the current ones, or it is "
            f"damaged ({describe(error)}); train in another directory, or resume from the epoch "
            "before"
        ) from error
