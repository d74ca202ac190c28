"""Overview of known protocols, and of which of their files exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pyannote.database import registry

from pyannote_strf.database.check import raw_files
from pyannote_strf.database.check_definition import check_definition
from pyannote_strf.database.definition import definitions
from pyannote_strf.database.errors import FILE_ERRORS, one_line
from pyannote_strf.database.presence import Presence, presence


class Overview(NamedTuple):
    """State of one protocol.

    Attributes
    ----------
    name : str
        Name of the protocol.
    database_ymls : list of Path
        Files that define it, or the protocols that it combines.
    audio : Presence
        Number of recordings that exist.
    annotation : bool or None
        Whether annotation, or labels, of the first recording of each subset exists. None if the
        protocol defines neither.
    missing : list of str
        Distinct messages about what is missing.
    """

    name: str
    database_ymls: list[Path]
    audio: Presence
    annotation: bool | None
    missing: list[str]


def overview() -> Iterator[Overview]:
    """Iterate over the state of all protocols registered with pyannote.database."""
    for name in registry:
        try:
            parts = [part for parts in definitions(name).values() for part in parts]
        except FILE_ERRORS as error:
            yield Overview(name, [], Presence(0, 0), None, [one_line(error)])
            continue
        audio = Presence(0, 0)
        annotation: list[bool] = []
        missing: list[str] = []
        for part in parts:
            problems: list[str] = []
            try:
                found = presence(part)
                audio += found
                problems += filter(None, [found.reason])
            except FILE_ERRORS as error:
                problems.append(one_line(error))
            for key in {"annotation", "tags"} & part.entries.keys():
                try:
                    annotation.append(next(raw_files(part))[key] is not None)
                except (*FILE_ERRORS, StopIteration) as error:
                    annotation.append(False)
                    problems.append(one_line(error))
            malformed = list(check_definition(part)) if problems else []
            missing += malformed or problems
        yield Overview(
            name,
            list(dict.fromkeys(part.database_yml for part in parts)),
            audio,
            all(annotation) if annotation else None,
            list(filter(None, dict.fromkeys(missing))),
        )
