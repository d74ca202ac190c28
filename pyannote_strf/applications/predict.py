"""Prediction of audio files that are in no protocol."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from threading import Thread, current_thread, main_thread
from typing import Any, NamedTuple

import torch

from pyannote_strf.applications.base import get_application
from pyannote_strf.applications.load import Loaded, load
from pyannote_strf.applications.sources import Source
from pyannote_strf.audio import duration_of
from pyannote_strf.files import atomic_write, remove_partial_of
from pyannote_strf.messages import describe
from pyannote_strf.progress import Progress, silent

# amount of audio from which the start of processes pays off, in seconds
WORTH_PROCESSES = 600.0

# on two cores, two threads are as fast as two processes, and need half the memory
THREADS_PER_PROCESS = 2


class Failure(NamedTuple):
    """A file that could not be predicted.

    Attributes
    ----------
    name : str
        Name of its output.
    reason : str
    """

    name: str
    reason: str


@dataclass(frozen=True)
class FilePredictor:
    """Predict audio files, and write the output of each.

    Instances can be pickled, for other processes and machines. The model is loaded at the first
    call. Calling an instance twice with the same file writes the same output twice. Each output
    file is complete or absent at any moment.

    Parameters
    ----------
    application : str
        Name of an application.
    model : str or Path
        Trained model: see :func:`~pyannote_strf.experiment.directories.find_trained`.
    out : Path
        Output directory.
    options : PredictOptions of the application, optional
        Defaults to `application.PredictOptions()`.
    channel : int, optional
        Channel to read, counted from 0. Defaults to the mean of all channels.
    skip_existing : bool, optional
        Whether to skip files that have all their outputs. Defaults to False.
    device : str, optional
        Defaults to "cpu".
    trust : bool, optional
        See :func:`~pyannote_strf.models.checkpoint.load_model`. Defaults to False.
    """

    application: str
    model: str | Path
    out: Path
    options: Any = None
    channel: int | None = None
    skip_existing: bool = False
    device: str = "cpu"
    trust: bool = False

    def __post_init__(self) -> None:
        """Set default options."""
        if self.options is None:
            options = get_application(self.application).PredictOptions()
            object.__setattr__(self, "options", options)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state to pickle, without the model."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def loaded(self) -> Loaded:
        """Model, loaded on first use."""
        application = get_application(self.application)
        device = torch.device(self.device)
        return load(self.model, application, self.options, device, self.trust)

    @cached_property
    def suffixes(self) -> list[str]:
        """Suffixes of output files."""
        return get_application(self.application).suffixes(self.options)

    def outputs(self, source: Source) -> dict[str, Path]:
        """Return the path of each output of a file, by suffix."""
        return {suffix: Path(self.out, f"{source.name}{suffix}") for suffix in self.suffixes}

    def __call__(self, source: Source) -> None:
        """Predict one file, and write its output.

        Raises
        ------
        ValueError
            If the file cannot be processed.
        OSError
            If the output cannot be written.
        """
        paths = self.outputs(source)
        if self.skip_existing and all(path.is_file() for path in paths.values()):
            return
        application, pipeline, _ = self.loaded
        file = source.file(self.channel)
        outputs = application.predict(pipeline, file, self.options)
        with ExitStack() as stack:
            # nothing is replaced before everything is written
            for suffix, content in outputs.items():
                stack.enter_context(atomic_write(paths[suffix])).write_bytes(content)

    def attempt(self, source: Source) -> Failure | None:
        """Predict one file, and return the reason if it fails."""
        try:
            self(source)
        except (ValueError, OSError, RuntimeError, ArithmeticError, MemoryError) as error:
            # torch raises RuntimeError if memory is short
            name, reason = source.describe(), describe(error)
            return Failure(source.name, reason if name in reason else f"{name}: {reason}")
        return None


def predict(
    predictor: FilePredictor,
    sources: Sequence[Source],
    jobs: int | None = None,
    progress: Progress = silent,
) -> list[Failure]:
    """Predict files, and write their outputs.

    A file that fails does not stop the others.

    Parameters
    ----------
    predictor : FilePredictor
    sources : sequence of Source
        See :func:`~pyannote_strf.applications.sources.find_sources`.
    jobs : int, optional
        Number of processes, which share the threads of torch. Defaults to one for each two threads
        on a CPU, if there are ten minutes of audio or more, and otherwise to one.
    progress : callable, optional
        See :data:`~pyannote_strf.progress.Progress`.

    Returns
    -------
    failures : list of Failure

    Raises
    ------
    ValueError
        If a process was killed.
    """
    remove_partial_of(path for source in sources for path in predictor.outputs(source).values())
    failures = []
    for done, failure in enumerate(_results(predictor, sources, jobs or _jobs(predictor, sources))):
        progress("predicting", done + 1, len(sources))
        if failure is not None:
            failures.append(failure)
    return failures


def _results(
    predictor: FilePredictor, sources: Sequence[Source], jobs: int
) -> Iterator[Failure | None]:
    if min(jobs, len(sources)) <= 1:
        yield from (predictor.attempt(source) for source in sources)
        return
    # forking a process that runs threads of torch is not safe
    context = multiprocessing.get_context("spawn")
    threads = max(1, torch.get_num_threads() // jobs)
    pool = ProcessPoolExecutor(min(jobs, len(sources)), context, _start, (predictor, threads))
    try:
        with _sigint_ignored():
            results = pool.map(_run, sources)
        yield from results
    except BrokenProcessPool as error:
        raise ValueError(
            "a process was killed, possibly because memory ran out; run again with --skip-existing "
            "and fewer --jobs"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


# the predictor of a process of the pool
_predictor: FilePredictor


def _start(predictor: FilePredictor, threads: int) -> None:
    global _predictor
    _predictor = predictor
    torch.set_num_threads(threads)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _sigint_ignored() -> Iterator[None]:
    """Start processes that ignore Ctrl-C: it stops the parent, which stops them after a file."""
    if current_thread() is not main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _run(source: Source) -> Failure | None:
    return _predictor.attempt(source)


def _jobs(predictor: FilePredictor, sources: Iterable[Source]) -> int:
    most = torch.get_num_threads() // THREADS_PER_PROCESS
    if torch.device(predictor.device).type != "cpu" or most <= 1:
        return 1
    total = 0.0
    for source in sources:
        if isinstance(source.audio, Path):
            try:
                total += duration_of(source.audio)
            except ValueError:
                # reported when it is predicted
                continue
        if total >= WORTH_PROCESSES:
            return most
    return 1
