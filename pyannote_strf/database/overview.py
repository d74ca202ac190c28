"""Which protocols there are, and whether their files are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pyannote.database import registry

from pyannote_strf.database.check import MISTAKES, one_line, raw_files
from pyannote_strf.database.definition import definitions


class Overview(NamedTuple):
    """One protocol.

    Attributes
    ----------
    name : str
    database_yml : Path or None
        Where it is defined. None for meta-protocols.
    audio, annotation : bool or None
        Whether those of the first recording of each subset are there. None if the protocol has none.
    missing : list of str
        What is missing, once each.
    """

    name: str
    database_yml: Path | None
    audio: bool | None
    annotation: bool | None
    missing: list[str]


def overview() -> Iterator[Overview]:
    """Every protocol that pyannote.database knows now."""
    for name in registry:
        found = definitions(name)
        there: dict[str, list[bool]] = {"audio": [], "annotation": []}
        missing: list[str] = []
        protocol = registry.get_protocol(name)
        for subset, definition in found.items():
            keys = [key for key in there if key == "audio" or key in definition.entries]
            for key in keys:
                try:
                    path = next(raw_files(protocol, subset))[key]
                    there[key].append(key != "audio" or Path(path).is_file())
                except MISTAKES as error:
                    there[key].append(False)
                    missing.append(one_line(error))
                except StopIteration:
                    missing.append(f"{definition.entries['uri']} is empty")
        yield Overview(
            name,
            next((definition.database_yml for definition in found.values()), None),
            **{key: all(values) if values else None for key, values in there.items()},
            missing=list(dict.fromkeys(missing)),
        )
