"""Checkpoints that hold no model, or another one."""

from __future__ import annotations

import io
import pathlib
import pickle
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from tests.fuzz.case import Case, Change, combine
from tests.fuzz.yaml_files import MISSING, broken_link, remove, replace_by_directory, rewrite

PATH = "experiment/train/*/weights/0001.ckpt"
# what `apply` reads
VALIDATED = "experiment/train/*/validate_*/*/0001/pytorch_model.bin"
INFO = "pyannote.audio"


def edit(where: tuple, value: Any, pattern: str = PATH) -> Change:
    """Set what a checkpoint holds, or let a function change it."""

    def change(folder: Path) -> None:
        (path,) = folder.glob(pattern)
        content = torch.load(path, "cpu", weights_only=False)
        inner = content
        for key in where[:-1]:
            inner = inner[key]
        if value is MISSING:
            del inner[where[-1]]
        elif callable(value):
            inner[where[-1]] = value(inner[where[-1]])
        else:
            inner[where[-1]] = value
        torch.save(content, path)

    return change


def pickled(content: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def archive(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("archive/data.pkl", content)
    return stream.getvalue()


def of_another_application(pattern: str) -> Change:
    def change(folder: Path) -> None:
        (path,) = folder.glob(pattern)
        own = "sad" if "Tiny" in str(path) else "emb"
        other = {"sad": "emb", "emb": "sad"}[own]
        (source,) = (folder.parents[1] / other).glob(pattern)
        shutil.copy(source, path)

    return change


BYTES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda old: b"",
    "text": lambda old: b"this is text\n",
    "random": lambda old: bytes(range(256)) * 40,
    "half": lambda old: old[: len(old) // 2],
    "without-end": lambda old: old[:-100],
    "without-start": lambda old: old[100:],
    "pickle": lambda old: pickle.dumps({INFO: {}}),
    "foreign-pickle": lambda old: pickle.dumps(pathlib.PurePosixPath("a")),
    "foreign-class": lambda old: pickled({INFO: {}, "path": pathlib.PurePosixPath("a")}),
    "foreign-function": lambda old: pickled({INFO: {}, "print": print}),
    "empty-zip": lambda old: archive(b""),
    "zip": lambda old: archive(b"text"),
    "tensor": lambda old: pickled(torch.zeros(3)),
    "list": lambda old: pickled([1, 2]),
    "weights-alone": lambda old: pickled({"weight": torch.zeros(3)}),
    "nothing-inside": lambda old: pickled({INFO: {}}),
}

WEIGHT = ("state_dict", "backend.compression.projection.weight")
CONTENTS: dict[str, tuple[tuple, Any]] = {
    **{
        f"{key}-{name}": ((key,), value)
        for key in ("state_dict", "hyper_parameters", INFO)
        for name, value in {"missing": MISSING, "text": "x", "empty": {}, "null": None}.items()
    },
    "architecture-missing": ((INFO, "architecture"), MISSING),
    "architecture-text": ((INFO, "architecture"), "STRFPyanNet"),
    "architecture-empty": ((INFO, "architecture"), {}),
    "class-unknown": ((INFO, "architecture", "class"), "Nothing"),
    "class-number": ((INFO, "architecture", "class"), 3),
    "class-not-a-model": ((INFO, "architecture", "class"), "FrontendModel"),
    "module-unknown": ((INFO, "architecture", "module"), "pyannote_strf.nothing"),
    "specifications-missing": ((INFO, "specifications"), MISSING),
    "specifications-text": ((INFO, "specifications"), "x"),
    "specifications-null": ((INFO, "specifications"), None),
    "sample-rate-text": (("hyper_parameters", "sample_rate"), "16k"),
    "sample-rate-zero": (("hyper_parameters", "sample_rate"), 0),
    "frontend-unknown": (("hyper_parameters", "frontend"), "nothing"),
    "frontend-number": (("hyper_parameters", "frontend"), 3),
    "frontend-larger": (("hyper_parameters", "frontend", "num_filters"), 5),
    "nan": (WEIGHT, lambda weight: weight * float("nan")),
    "one-nan": (
        WEIGHT,
        lambda weight: (
            weight.flatten().index_fill(0, torch.tensor([0]), float("nan")).view_as(weight)
        ),
    ),
    "inf": (WEIGHT, lambda weight: weight * float("inf")),
    "truncated": (WEIGHT, lambda weight: weight[:1]),
    "scalar": (WEIGHT, lambda weight: torch.tensor(1.0)),
    "weight-missing": (WEIGHT, MISSING),
    "weight-text": (WEIGHT, "x"),
    "weight-list": (WEIGHT, [1.0, 2.0]),
    "nan-filters": (("state_dict", "frontend.filters.raw_omega"), lambda w: w * float("nan")),
    "filters-missing": (("state_dict", "frontend.filters.gamma"), MISSING),
}

# what only going on reads
RESUMED: dict[str, tuple[tuple, Any]] = {
    **{
        f"{key}-{name}": ((key,), value)
        for key in ("optimizer_states", "loops", "callbacks")
        for name, value in {"text": "x", "number": 1.5}.items()
    },
    **{f"{key}-missing": ((key,), MISSING) for key in ("optimizer_states", "loops")},
    "optimizer-empty": (("optimizer_states",), []),
    "optimizer-nan": (
        ("optimizer_states", 0, "state", 0, "exp_avg"),
        lambda average: average * float("nan"),
    ),
    "optimizer-of-others": (("optimizer_states", 0, "state", 0, "exp_avg"), torch.zeros(77)),
    "random-states-text": (("random_states",), "x"),
    "random-states-empty": (("random_states", 0), {}),
    "random-states-wrong": (("random_states", 0, "torch"), torch.zeros(3)),
}


def broken_files(pattern: str) -> Iterator[tuple[str, Change]]:
    for name, new in BYTES.items():
        yield name, rewrite(pattern, new)
    yield "directory", replace_by_directory(pattern)
    yield "missing", remove(pattern)
    yield "broken-link", broken_link(pattern)
    yield "of-another-application", of_another_application(pattern)


def all_changes(pattern: str) -> list[tuple[str, Change]]:
    contents = [(name, edit(*content, pattern)) for name, content in CONTENTS.items()]
    return [*contents, *broken_files(pattern)]


def cases() -> Iterator[Case]:
    validated = all_changes(VALIDATED)
    yield from combine("checkpoint", validated, ["apply"], ["sad"])
    yield from combine("checkpoint", validated[::3], ["apply"], ["emb"])
    changes = all_changes(PATH)
    yield from combine("checkpoint", changes[::2], ["pretrained"], ["sad"])
    yield from combine("checkpoint", changes[1::3], ["validate", "export"], ["sad"])
    of_filters = _without(changes, "specifications", "weight", "pyannote.audio", "of-another")
    yield from combine("checkpoint", of_filters[::3], ["filters"], ["sad"])
    # the model is that of config.yml
    resumed = [(name, edit(*content)) for name, content in RESUMED.items()]
    of_weights = _without(changes, "hyper", "arch", "class", "module", "spec", "sample", "frontend")
    resumed += _without(of_weights, "pyannote.audio-empty", "nothing-inside")
    yield from combine("checkpoint", resumed, ["resume"], ["sad"])


def _without(changes: list[tuple[str, Change]], *names: str) -> list[tuple[str, Change]]:
    return [(name, change) for name, change in changes if not name.startswith(names)]
