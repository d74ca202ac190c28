"""What is wrong with a protocol in a `database.yml`, before any of its recordings is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pyannote.database import custom
from pyannote.database import protocol as protocols
from pyannote.database.protocol import SpeakerDiarizationProtocol
from pyannote.database.protocol.segmentation import SegmentationProtocol

from pyannote_strf.checks import did_you_mean
from pyannote_strf.database.database_yml import KEYS, SUBSETS, read_database_yml
from pyannote_strf.database.definition import Definition
from pyannote_strf.database.lines import check_lines
from pyannote_strf.protocols import DEFINITIONS


def check_entries(name: str, found: Mapping[str, list[Definition]]) -> Iterator[str]:
    """Find entries of a protocol that pyannote.database ignores in silence.

    Parameters
    ----------
    name : str
        Protocol.
    found : mapping
        Its definitions, by subset.
    """
    database, task, protocol = name.split(".")
    for database_yml in {part.database_yml for parts in found.values() for part in parts}:
        content = read_database_yml(database_yml)
        entries = content["Protocols"].get(database, {}).get(task, {}).get(protocol, {})
        if task != "Collection":
            for mistake in _check_protocol(task, entries):
                yield f"{mistake} ({name} in {database_yml})"
    for subset, parts in found.items():
        for part in parts:
            for key in set(part.entries) - set(KEYS):
                if meant := did_you_mean(key, KEYS):
                    yield f"{subset}: {key!r} in {part.database_yml}{meant}"


def _check_protocol(task: str, entries: Mapping[str, Any]) -> Iterator[str]:
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
    """Find what is wrong with the files that `database.yml` names once for a whole subset."""
    if "uri" not in definition.entries:
        yield f"no `uri` in {definition.database_yml}: name the list of recordings"
    for key, entry in definition.entries.items():
        if not isinstance(entry, str):
            continue
        suffix = Path(entry).suffix
        if key not in ("uri", "trial") and suffix not in custom.LOADERS:
            yield (
                f"{key} is {entry} in {definition.database_yml}: files that end in {suffix!r} are not "
                f"supported, valid ends: {', '.join(sorted(custom.LOADERS))}"
            )
        elif not definition.is_template(key):
            yield from _check_file(definition, key)


def _check_file(definition: Definition, key: str) -> Iterator[str]:
    path = definition.path(key)
    if path is None:
        if definition.database_yml in DEFINITIONS:
            remedy = "`pyannote-strf protocols init` writes one with its lists"
        else:
            remedy = "correct the path, or write the file"
        yield f"no file {definition.entries[key]} ({key} in {definition.database_yml}); {remedy}"
    elif key in ("uri", "trial") or path.suffix in (".rttm", ".uem"):
        yield from check_lines(path, {"uri": ".lst", "trial": ""}.get(key))
