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


class Overview(NamedTuple):
    """One protocol.

    Attributes
    ----------
    name : str
    database_ymls : list of Path
        Where it, or what it is made of, is defined.
    audio, annotation : bool or None
        Whether those of the first recording of each subset exist. None if the protocol has none.
    missing : list of str
        What is missing, once each.
    """

    name: str
    database_ymls: list[Path]
    audio: bool | None
    annotation: bool | None
    missing: list[str]


def overview() -> Iterator[Overview]:
    """Look at every protocol that pyannote.database knows now."""
    for name in registry:
        there: dict[str, list[bool]] = {"audio": [], "annotation": []}
        missing: list[str] = []
        try:
            parts = [part for parts in definitions(name).values() for part in parts]
        except MISTAKES as error:
            yield Overview(name, [], None, None, [one_line(error)])
            continue
        for part in parts:
            keys = [key for key in there if key == "audio" or key in part.entries]
            try:
                first = next(raw_files(part), None)
                if first is None:
                    raise ValueError(f"{part.entries['uri']} is empty")
            except MISTAKES as error:
                missing += list(check_definition(part)) or [one_line(error)]
                for key in keys:
                    there[key].append(False)
                continue
            for key in keys:
                try:
                    value = first[key]
                    there[key].append(key == "annotation" or Path(value).is_file())
                except MISTAKES as error:
                    there[key].append(False)
                    missing.append(one_line(error))
        yield Overview(
            name,
            list(dict.fromkeys(part.database_yml for part in parts)),
            **{key: all(values) if values else None for key, values in there.items()},
            missing=list(dict.fromkeys(missing)),
        )
