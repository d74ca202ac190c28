"""Exclusive access to the directory of a training run, and handling of signals."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from filelock import FileLock, Timeout
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher
from lightning.pytorch.utilities import rank_zero_only

from pyannote_strf.experiment.directories import TrainDir
from pyannote_strf.files import remove_partial


def is_first_process() -> bool:
    """Return whether this is the first process of a run on the first machine.

    This works before the trainer exists.
    """
    node = os.environ.get("NODE_RANK", os.environ.get("GROUP_RANK", "0"))
    # Lightning sets this attribute of a function
    rank = rank_zero_only.rank  # type: ignore[attr-defined]
    return rank == 0 and node == "0"


@contextmanager
def lock_directory(train_dir: TrainDir) -> Iterator[None]:
    """Lock the directory of a training run. Processes of one run share the lock.

    The operating system releases the lock if the process is killed.

    Parameters
    ----------
    train_dir : TrainDir

    Raises
    ------
    ValueError
        If another run holds the lock.
    """
    if not is_first_process():
        yield
        return
    train_dir.path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(train_dir.lock)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise ValueError(
            f"{train_dir.path}: another process trains in this directory; wait for it, or train in "
            "another directory"
        ) from None
    try:
        for folder in (train_dir.path, train_dir.weights):
            remove_partial(folder)
        yield
    finally:
        lock.release()


@contextmanager
def shared_cache(train_dir: TrainDir) -> Iterator[Path]:
    """Give the path of the prepared data, which the first process writes for all processes.

    Parameters
    ----------
    train_dir : TrainDir

    Yields
    ------
    path : Path
        File that is removed at the end.
    """
    path = train_dir.path / "protocol.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    is_first = is_first_process()
    if is_first:
        path.unlink(missing_ok=True)
    try:
        yield path
    finally:
        if is_first:
            path.unlink(missing_ok=True)


class Stopped(BaseException):
    """A signal stopped training.

    Attributes
    ----------
    exit_code : int
        128 plus the number of the signal, as in shells.
    remedy : str
        How to resume training.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signum).name}")
        self.exit_code = 128 + signum
        self.remedy = ""


class StopOnSignals(Callback):
    """Stop training on SIGTERM and SIGINT with an exception that says how to resume.

    Use it as a context manager around all of training, and as a callback of the trainer. Lightning
    2.6 installs its own handler when training starts. That handler returns as if training had
    ended, and lets the processes of one run wait for each other forever. The callback replaces it.

    Python ignores exceptions in destructors, such as that of data loaders, which wait for their
    processes. If a signal comes then, the exception is raised before the next batch.

    While this process waits for other machines, in code that Python cannot interrupt, both signals
    end it at once: see :meth:`end_at_once`.

    Parameters
    ----------
    train_dir : TrainDir
        Directory to name in the error message.

    Raises
    ------
    Stopped
        On exit from the context, after a signal.
    """

    SIGNALS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self, train_dir: TrainDir) -> None:
        self.train_dir = train_dir
        self._in_main_thread = threading.current_thread() is threading.main_thread()
        self._launcher: _SubprocessScriptLauncher | None = None
        self._stopped: Stopped | None = None

    def __enter__(self) -> StopOnSignals:
        self._before = {number: signal.getsignal(number) for number in self.SIGNALS}
        self._handle()
        return self

    def end_at_once(self) -> None:
        """End the process on signals, until all machines are connected."""
        if self._in_main_thread:
            for number in self.SIGNALS:
                signal.signal(number, signal.SIG_DFL)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Stop with an exception again: machines are connected."""
        self._handle()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Replace the handlers of Lightning."""
        if isinstance(trainer.strategy.launcher, _SubprocessScriptLauncher):
            self._launcher = trainer.strategy.launcher
        self._handle()

    def on_train_batch_start(self, *_: Any, **__: Any) -> None:
        """Stop now if the exception of a signal was ignored."""
        if self._stopped is not None:
            raise self._stopped

    def on_validation_batch_start(self, *_: Any, **__: Any) -> None:
        """Stop now if the exception of a signal was ignored."""
        self.on_train_batch_start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._in_main_thread:
            for number, handler in self._before.items():
                signal.signal(number, handler)
        if isinstance(error, Stopped):
            epochs = self.train_dir.epochs()
            done = f"after epoch {epochs[-1]}" if epochs else "before the end of epoch 1"
            error.args = (f"{self.train_dir.path}: {error.args[0]} {done}",)
            error.remedy = "resume with --from=last" if epochs else "start again without --from"

    def _handle(self) -> None:
        if self._in_main_thread:
            for number in self.SIGNALS:
                signal.signal(number, self._stop)

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        # a second signal must not interrupt the handling of the first one
        for number in self.SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if self._launcher is not None:
            self._launcher.kill(signal.SIGTERM)
        self._stopped = Stopped(signum)
        raise self._stopped
