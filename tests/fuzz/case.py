"""One malformed input: files, how they are changed, and the command that reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import PROTOCOL, VOICES

PROTOCOLS = {"sad": PROTOCOL, "emb": VOICES}
METRICS = {"sad": "detection_fscore", "emb": "equal_error_rate"}

Change = Callable[[Path], None]


def nothing(folder: Path) -> None:
    """Change no file."""


@dataclass(frozen=True)
class Case:
    """One input.

    Attributes
    ----------
    name : str
        Its first part is the area, e.g. "audio/sad/apply/empty".
    application : {"sad", "emb"}
        Whose experiment and corpus there are, in the folders of these names.
    command : sequence of str
        Command line. It runs in the folder that holds `experiment` and `corpus`.
    change : callable
        Takes this folder, and changes its files.
    expected : {"error", "same", "harmless", "any"}, optional
        An error, which is the default; the results of the files as they were; either of these; or
        anything but a crash, where only the product can tell.
    """

    name: str
    application: str
    command: tuple[str, ...]
    change: Change = nothing
    expected: str = "error"

    @property
    def area(self) -> str:
        return self.name.partition("/")[0]


def commands(application: str) -> dict[str, tuple[str, ...]]:
    """Command lines of an application, by what they do."""
    protocol = PROTOCOLS[application]
    registry = "--registry=corpus/database.yml"
    train_dir = f"experiment/train/{protocol}.train"
    checkpoint = f"{train_dir}/weights/0001.ckpt"
    validate_dir = f"{train_dir}/validate_{METRICS[application]}/{protocol}.development"
    train = (application, "train", "--cpu", "--parallel=0", registry)
    few = ("--trials=1",) if application == "sad" else ()
    return {
        "init": (application, "init", "new"),
        "train": (*train, "--to=1", "experiment", protocol),
        "resume": (*train, "--to=2", "--from=last", "experiment", protocol),
        "pretrained": (*train, "--to=1", f"--pretrained={checkpoint}", "other", protocol),
        "validate": (application, "validate", "--cpu", *few, registry, train_dir, protocol),
        "apply": (application, "apply", "--cpu", registry, validate_dir, protocol),
        "export": ("export", checkpoint, "model.onnx"),
        "filters": ("filters", "--cpu", "--out=report", checkpoint),
        "filters-of": (
            *("filters", "--cpu", "--out=report", f"--protocol={protocol}", registry, checkpoint),
        ),
        "check": ("protocols", "check", registry, protocol),
        "stats": ("protocols", "stats", registry, protocol),
        "list": ("protocols", "list", registry),
    }


def combine(
    area: str,
    changes: Iterable[tuple[str, Change]],
    names: Iterable[str],
    applications: Iterable[str] = ("sad", "emb"),
    expected: str = "error",
) -> Iterator[Case]:
    """Every change before every command, of every application."""
    changes = list(changes)
    for application in applications:
        known = commands(application)
        for name in names:
            for what, change in changes:
                yield Case(
                    f"{area}/{application}/{name}/{what}",
                    application,
                    known[name],
                    change,
                    expected,
                )
