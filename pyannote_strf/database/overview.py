"""Which protocols there are, and whether their files are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pyannote.database import registry

from pyannote_strf.database.check import raw_files
from pyannote_strf.database.check_definition import check_definition
from pyannote_strf.database.definition import definitions
from pyannote_strf.database.errors import MISTAKES, one_line
from pyannote_strf.database.presence import Presence, presence


class Overview(NamedTuple):
    """One protocol.

    Attributes
    ----------
    name : str
    database_ymls : list of Path
        Where it, or what it is made of, is defined.
    audio : Presence
        How many recordings there are.
    annotation : bool or None
        Whether that of the first recording of each subset exists. None if the protocol has none.
    missing : list of str
        What is missing, once each.
    """

    name: str
    database_ymls: list[Path]
    audio: Presence
    annotation: bool | None
    missing: list[str]


def overview() -> Iterator[Overview]:
    """Look at every protocol that pyannote.database knows now."""
    for name in registry:
        try:
            parts = [part for parts in definitions(name).values() for part in parts]
        except MISTAKES as error:
            yield Overview(name, [], Presence(0, 0), None, [one_line(error)])
            continue
        audio, annotation, missing = Presence(0, 0), [], []
        for part in parts:
            mistakes = []
            try:
                found = presence(part)
                audio += found
                mistakes += filter(None, [found.reason])
            except MISTAKES as error:
                mistakes.append(one_line(error))
            if "annotation" in part.entries:
                try:
                    annotation.append(next(raw_files(part))["annotation"] is not None)
                except (*MISTAKES, StopIteration) as error:
                    annotation.append(False)
                    mistakes.append(one_line(error))
            malformed = list(check_definition(part)) if mistakes else []
            missing += malformed or mistakes
        yield Overview(
            name,
            list(dict.fromkeys(part.database_yml for part in parts)),
            audio,
            all(annotation) if annotation else None,
            list(filter(None, dict.fromkeys(missing))),
        )
