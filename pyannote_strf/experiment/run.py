"""One training run: alone in its directory, and stopped by signals without harm."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher
from lightning.pytorch.utilities import rank_zero_only
from pyannote.audio import Model

from pyannote_strf.experiment.directories import TrainDir
from pyannote_strf.files import remove_partial


def is_first_process() -> bool:
    """Whether this is the first process of a run, on the first machine, before a trainer says so."""
    node = os.environ.get("NODE_RANK", os.environ.get("GROUP_RANK", "0"))
    return rank_zero_only.rank == 0 and node == "0"


@contextmanager
def lock_directory(train_dir: TrainDir) -> Iterator[None]:
    """Keep other training runs out of a directory. Processes of one run share it.

    The operating system frees the lock of a process that was killed.

    Raises
    ------
    ValueError
        If another run trains there.
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
            f"{train_dir.path}: another process trains there now; wait for it, or train in another "
            "directory"
        ) from None
    try:
        for folder in (train_dir.path, train_dir.weights):
            remove_partial(folder)
        yield
    finally:
        lock.release()


@contextmanager
def shared_cache(train_dir: TrainDir) -> Iterator[Path]:
    """Path at which the first process keeps what it read of the protocol, for all others."""
    path = train_dir.path / "protocol.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    leads = is_first_process()
    if leads:
        path.unlink(missing_ok=True)
    try:
        yield path
    finally:
        if leads:
            path.unlink(missing_ok=True)


class Stopped(BaseException):
    """A signal stopped training.

    Attributes
    ----------
    exit_code : int
        128 and the number of the signal, as shells have it.
    """

    def __init__(self, signum: int):
        super().__init__(f"stopped by {signal.Signals(signum).name}")
        self.exit_code = 128 + signum


class StopOnSignals(Callback):
    """Stop training at SIGTERM and SIGINT, by an exception that says how to go on.

    A context manager around everything that may take long, and a callback within: Lightning 2.6 puts a
    handler of its own in front, which returns from training as if it had ended, and lets processes of
    one run wait for each other for ever.

    Parameters
    ----------
    train_dir : TrainDir
    """

    SIGNALS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self, train_dir: TrainDir):
        self.train_dir = train_dir
        self._in_main_thread = threading.current_thread() is threading.main_thread()
        self._launcher: _SubprocessScriptLauncher | None = None

    def __enter__(self) -> StopOnSignals:
        self._before = {number: signal.getsignal(number) for number in self.SIGNALS}
        self._handle()
        return self

    def on_train_start(self, trainer: Trainer, pl_module: Model) -> None:
        if isinstance(trainer.strategy.launcher, _SubprocessScriptLauncher):
            self._launcher = trainer.strategy.launcher
        self._handle()

    def __exit__(self, kind, error, traceback) -> None:
        if self._in_main_thread:
            for number, handler in self._before.items():
                signal.signal(number, handler)
        if isinstance(error, Stopped):
            epochs = self.train_dir.epochs()
            done = (
                f"after epoch {epochs[-1]}; go on with --from=last"
                if epochs
                else "before the end of epoch 1; start again without --from"
            )
            error.args = (f"{self.train_dir.path}: {error.args[0]} {done}",)

    def _handle(self) -> None:
        if self._in_main_thread:
            for number in self.SIGNALS:
                signal.signal(number, self._stop)

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        # a second signal must not interrupt what the first one started
        for number in self.SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if self._launcher is not None:
            self._launcher.kill(signal.SIGTERM)
        raise Stopped(signum)
