"""Folds of a protocol, and what to train on for each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pyannote.database import registry

from pyannote_strf.applications.base import Application
from pyannote_strf.database.protocols import get_files, get_protocol, is_defined
from pyannote_strf.experiment.config import Config
from pyannote_strf.messages import did_you_mean

TRAIN = "train"
ALL_OTHER_FOLDS = "train+development"


class Fold(NamedTuple):
    """A fold to test on.

    Attributes
    ----------
    protocol : str
        Name of its protocol.
    subset : str
        What to train on.
    development : (str, str) or None
        Protocol and subset to choose the best epoch on. None if the last epoch is applied.
    held_out : set of str
        Files that training leaves out.
    tested : set of str
        Files to test on.
    digest : str
        Hash of the files of all subsets, with their labels and groups.
    """

    protocol: str
    subset: str
    development: tuple[str, str] | None
    held_out: set[str]
    tested: set[str]
    digest: str


def find_folds(
    application: Application, root: Path, family: str, last_epoch: bool, trust: bool = False
) -> list[Fold]:
    """Find the folds of a protocol, and check their data.

    Parameters
    ----------
    application, root, family, last_epoch, trust
        See :func:`~pyannote_strf.applications.cross_validate.cross_validate`.

    Returns
    -------
    folds : list of Fold
        Sorted by number.

    Raises
    ------
    ValueError
        If there are fewer than two folds, or data is not valid.
    """
    pattern = re.compile(rf"{re.escape(family)}\.?Fold(\d+)")
    matches = (pattern.fullmatch(name) for name in registry)
    numbered = sorted((int(match[1]), match[0]) for match in matches if match)
    names = [name for _, name in numbered]
    if len(names) < 2:
        families = sorted({re.sub(r"\.?Fold\d+$", "", name) for name in registry})
        raise ValueError(
            f"{family}: has {len(names)} folds, two or more are needed: protocols "
            f"{family}.Fold1, {family}.Fold2 and so on{did_you_mean(family, families)}"
        )
    preprocessors = Config(root, trust).preprocessors()
    protocols = {name: get_protocol(name, preprocessors) for name in names}
    tests = {name: application.items(each, "test") for name, each in protocols.items()}
    folds = []
    for number, (name, protocol) in enumerate(protocols.items()):
        has_development = is_defined(protocol, "development")
        files = get_files(protocol, TRAIN, with_annotation=application.annotated)
        if has_development:
            files += application.items(protocol, "development")
        tested = {file["uri"] for file in tests[name]}
        digest = _digest([*files, *tests[name]])
        for file in files:
            if file["uri"] in tested:
                raise ValueError(
                    f"{name}: {file['uri']!r} is in the test subset and in another one; correct "
                    "its lists"
                )
        if last_epoch:
            subset = ALL_OTHER_FOLDS if has_development else TRAIN
            folds.append(Fold(name, subset, None, set(), tested, digest))
        elif has_development:
            folds.append(Fold(name, TRAIN, (name, "development"), set(), tested, digest))
        else:
            following = names[(number + 1) % len(names)]
            held_out = {file["uri"] for file in tests[following]}
            if held_out.issuperset(file["uri"] for file in files):
                raise ValueError(
                    f"{name}: nothing to train on is left, because {following} is the "
                    "development subset; use --epoch=last"
                )
            folds.append(Fold(name, TRAIN, (following, "test"), held_out, tested, digest))
    return folds


def _digest(files: Iterable[Mapping[str, Any]]) -> str:
    described = [(file["uri"], file.get("tags"), file.get("group")) for file in files]
    return hashlib.sha256(repr(described).encode()).hexdigest()
