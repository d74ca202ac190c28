"""Runs a command line in a process of its own, and judges what came of it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import torch

from tests.fuzz.case import Case

# of a processor, in seconds
LIMIT = 5
# these take longer on what is well-formed
LONG, LONG_LIMIT = ("export", "filters"), 20
# on the clock, since machines are shared
PATIENCE = 45
MEMORY = 12 * 2**30

LONGEST = 500
NAMES = re.compile(r"\b\w+(?:Error|Exception)\b")

# the end of a progress bar
PROGRESS = re.compile(r"\d+/\d+ (?:\d+|-):(?:\d\d|--):(?:\d\d|--)$")

# written once a command has succeeded
RESULTS = (".rttm", ".eval", ".scores", ".csv", ".json", ".html", ".onnx", ".png", ".npz")

# differ from run to run, or are read by nobody
IGNORED = re.compile(r"/logs/|\.(?:png|html|onnx|lock)$")

# what commands import
MODULES = (
    "matplotlib.pyplot",
    "onnxscript",
    "pytorch_metric_learning.losses",
    "sklearn.metrics",
    "torch.onnx._internal.exporter._core",
    "torch.utils.tensorboard",
    "torch_audiomentations",
    "pyannote_strf.applications.apply",
    "pyannote_strf.applications.emb.verification",
    "pyannote_strf.applications.sad.detection",
    "pyannote_strf.applications.validate",
    "pyannote_strf.cli.main",
    "pyannote_strf.cli.progress",
    "pyannote_strf.corpora.database_yml",
    "pyannote_strf.database.check",
    "pyannote_strf.experiment.train",
    "pyannote_strf.models.export",
    "pyannote_strf.reports.corpus",
    "pyannote_strf.reports.filters",
    "pyannote_strf.tasks",
)

# expectations that take what the files as they were lead to
COMPARED = ("same", "harmless")

KINDS = ("traceback", "exception name", "hang", "wrong result", "half-written", "unclear")


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes
    ----------
    code : int or None
        None where it had to be stopped.
    out, err : str
    before, after : dict of str to str
        Digests of files.
    seconds : float
        Of a processor.
    """

    code: int | None
    out: str
    err: str
    before: dict[str, str]
    after: dict[str, str]
    seconds: float

    @property
    def results(self) -> dict[str, str]:
        """What it wrote, or printed."""
        new = {
            path: digest
            for path, digest in self.after.items()
            if self.before.get(path) != digest and not IGNORED.search(path)
        }
        return new or {"": self.out}


@dataclass(frozen=True)
class Verdict:
    """What is wrong with how a case ended: none of `KINDS`, if all is well."""

    name: str
    faults: tuple[str, ...]
    message: str
    seconds: float


def load_everything() -> None:
    """Import what commands import, once for all of them."""
    for module in MODULES:
        import_module(module)
    torch.set_num_threads(1)


def run(case: Case, material: Path) -> Ended:
    """Run a case on copies of files.

    Parameters
    ----------
    case : Case
    material : Path
        Holds `sad` and `emb`, each with an `experiment` and its `corpus`.
    """
    with tempfile.TemporaryDirectory(dir=material) as temporary:
        folder = Path(temporary, "case")
        shutil.copytree(material / case.application, folder, symlinks=True)
        if case.command[-2:-1] == ("experiment",) and "--from=last" not in case.command:
            shutil.move(folder / "experiment" / "train", folder / "kept")
        case.change(folder)
        before = _digests(folder)
        code, seconds = _in_process(case.command, folder)
        out, err = (Path(temporary, name).read_text("utf-8", "replace") for name in ("out", "err"))
        out, err = (text.replace(f"{folder.resolve()}/", "") for text in (out, err))
        return Ended(code, out, err, before, _digests(folder), seconds)


def _in_process(command: tuple[str, ...], folder: Path) -> tuple[int | None, float]:
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        _main(command, folder)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            break
        time.sleep(0.01)
    else:
        os.killpg(child, signal.SIGKILL)
        _, status, usage = os.wait4(child, 0)
    seconds = usage.ru_utime + usage.ru_stime
    return (os.WEXITSTATUS(status) if os.WIFEXITED(status) else None), seconds


def _main(command: tuple[str, ...], folder: Path) -> None:
    """What the console script does, in a forked process."""
    import resource

    from pyannote_strf.cli.main import main

    code = 1
    try:
        os.setsid()
        os.chdir(folder)
        for stream, name in ((0, None), (1, "out"), (2, "err")):
            path = folder.parent / name if name else os.devnull
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), stream)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8")
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace")
        resource.setrlimit(resource.RLIMIT_CPU, 2 * (LONG_LIMIT if command[0] in LONG else LIMIT,))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        sys.argv = ["pyannote-strf", *command]
        main()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): _digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _digest(path: Path) -> str:
    """Of a checkpoint, that of its tensors: all else holds times and names of files."""
    if path.suffix in (".ckpt", ".bin") and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return str([each.CRC for each in archive.infolist() if "/data/" in each.filename])
    return hashlib.sha256(path.read_bytes()).hexdigest()


def judge(case: Case, ended: Ended, clean: Ended | None = None) -> Verdict:
    """Find what is wrong.

    Parameters
    ----------
    case : Case
    ended : Ended
    clean : Ended, optional
        The same command on files as they were, for cases whose results are compared.
    """
    lines = [line for line in ended.err.splitlines() if line.strip()]
    said = [line for line in lines if not PROGRESS.search(line)]
    text = f"{ended.out}\n{ended.err}"
    faults = []
    if ended.code is None:
        faults.append("hang")
    if "Traceback" in text:
        faults.append("traceback")
    elif NAMES.search(text):
        faults.append("exception name")
    if ended.code and _is_unclear(case, ended, said):
        faults.append("unclear")
    if ended.code and _harmed(ended):
        faults.append("half-written")
    if ended.code == 0 and case.expected == "error" and not said and "Missing: " not in ended.out:
        faults.append("wrong result")
    if case.expected == "same" and ended.code != 0:
        faults.append("wrong result")
    if case.expected in COMPARED and ended.code == 0 and ended.results != clean.results:
        faults.append("wrong result")
    message = said[-1] if said else " ".join(ended.out.split())[-300:]
    return Verdict(case.name, tuple(faults), f"[{ended.code}] {message[:600]}", ended.seconds)


def _is_unclear(case: Case, ended: Ended, said: list[str]) -> bool:
    """Whether anything but one line says why."""
    if ended.code == 2:
        # of how to write the command
        return "Usage: " not in ended.err
    if case.command[:2] == ("protocols", "check") and not said:
        return not re.search(r": \d+ problems?( of \d+ kinds?)?$", ended.out.rstrip())
    return len(said) != 1 or not said[0].startswith("error: ") or len(said[0]) > LONGEST


def _harmed(ended: Ended) -> bool:
    """Whether a failed command changed files, or left part of what it writes."""
    return any(before != ended.after.get(path) for path, before in ended.before.items()) or any(
        path.endswith((".partial", *RESULTS))
        for path in ended.after.keys() - ended.before.keys()
        if "/logs/" not in path
    )
