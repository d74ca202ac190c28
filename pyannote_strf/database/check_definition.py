"""Check of the definition of a protocol in a `database.yml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pyannote.database import custom
from pyannote.database import protocol as protocols
from pyannote.database.protocol import SpeakerDiarizationProtocol
from pyannote.database.protocol.segmentation import SegmentationProtocol

from pyannote_strf.database.clips import SUFFIXES, read_clips
from pyannote_strf.database.database_yml import KEYS, SUBSETS, read_database_yml
from pyannote_strf.database.definition import Definition
from pyannote_strf.database.lines import check_lines
from pyannote_strf.messages import did_you_mean
from pyannote_strf.protocols import DEFINITIONS


def check_entries(name: str, found: Mapping[str, list[Definition]]) -> Iterator[str]:
    """Find entries of a protocol that pyannote.database ignores silently.

    Parameters
    ----------
    name : str
        Name of the protocol.
    found : mapping of str to list of Definition
        Its definitions, by subset.

    Yields
    ------
    problem : str
    """
    database, task, protocol = name.split(".")
    for database_yml in {part.database_yml for parts in found.values() for part in parts}:
        content = read_database_yml(database_yml)
        entries = content["Protocols"].get(database, {}).get(task, {}).get(protocol, {})
        if task != "Collection":
            for problem in _check_protocol(task, entries):
                yield f"{problem} ({name} in {database_yml})"
    for subset, parts in found.items():
        for part in parts:
            for key in set(part.entries) - set(KEYS):
                if meant := did_you_mean(key, KEYS):
                    yield f"{subset}: {key!r} in {part.database_yml}{meant}"


def _check_protocol(task: str, entries: Mapping[str, Any]) -> Iterator[str]:
    """Find entries that a protocol of this task does not support."""
    kind = getattr(protocols, f"{task}Protocol", protocols.Protocol)
    options = {"classes": SegmentationProtocol, "scope": SpeakerDiarizationProtocol}
    valid = [*SUBSETS, *(name for name, base in options.items() if issubclass(kind, base))]
    for entry in entries:
        if entry not in valid:
            yield (
                f"entry {entry!r} is not supported, valid entries: {', '.join(valid)}"
                f"{did_you_mean(entry, valid)}"
            )


def check_definition(definition: Definition) -> Iterator[str]:
    """Find problems of a definition, and of the files that it names for a complete subset.

    Parameters
    ----------
    definition : Definition

    Yields
    ------
    problem : str
    """
    if "uri" not in definition.entries:
        yield f"no `uri` in {definition.database_yml}; name the list of recordings"
    for key, entry in definition.entries.items():
        if not isinstance(entry, str):
            continue
        suffix = Path(entry).suffix
        if key not in ("uri", "trial") and suffix not in custom.LOADERS:
            yield (
                f"{key} is {entry} in {definition.database_yml}: suffix {suffix!r} is not "
                f"supported, valid suffixes: {', '.join(sorted(custom.LOADERS))}"
            )
        elif not definition.is_template(key):
            yield from _check_file(definition, key)


def _check_file(definition: Definition, key: str) -> Iterator[str]:
    """Find problems of one file: it does not exist, or has malformed lines."""
    path = definition.path(key)
    if path is None:
        if definition.database_yml in DEFINITIONS:
            remedy = "run `pyannote-strf protocols init` to write a database.yml and its lists"
        else:
            remedy = "correct the path, or write the file"
        yield (
            f"{definition.entries[key]} does not exist ({key} in {definition.database_yml}); "
            f"{remedy}"
        )
    elif key in ("uri", "trial") or path.suffix in (".rttm", ".uem"):
        yield from check_lines(path, {"uri": ".lst", "trial": ""}.get(key))
    elif path.suffix in SUFFIXES:
        try:
            read_clips(path)
        except ValueError as error:
            yield str(error)
