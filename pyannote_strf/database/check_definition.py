"""What is wrong with a protocol in a `database.yml`, before any of its recordings is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import yaml
from pyannote.database import protocol as protocols
from pyannote.database.protocol import SpeakerDiarizationProtocol
from pyannote.database.protocol.segmentation import SegmentationProtocol

from pyannote_strf.database.definition import SUBSETS, Definition, placeholders
from pyannote_strf.database.lines import check_lines
from pyannote_strf.protocols import DEFINITIONS

# what pyannote.database reads in a protocol, and in each subset of it; subsets may hold more
SCOPES = ("file", "database", "global")
KEYS = ("uri", "uris", "annotation", "annotated", "trial")

# placeholders of paths, beside the names of other entries
PLACEHOLDERS = ("uri", "database", "subset")


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
        content = yaml.safe_load(database_yml.read_text(encoding="utf-8"))
        entries = content["Protocols"].get(database, {}).get(task, {}).get(protocol, {})
        if task != "Collection":
            for mistake in _check_protocol(task, entries):
                yield f"{mistake} ({name} in {database_yml})"
    for subset, parts in found.items():
        for part in parts:
            for key in set(part.entries) - set(KEYS):
                for meant in get_close_matches(key, KEYS, n=1):
                    yield f"{subset}: {key!r} in {part.database_yml}: is {meant!r} meant?"


def _check_protocol(task: str, entries: Mapping[str, Any]) -> Iterator[str]:
    kind = getattr(protocols, f"{task}Protocol", protocols.Protocol)
    options = {"classes": SegmentationProtocol, "scope": SpeakerDiarizationProtocol}
    valid = [*SUBSETS, *(name for name, base in options.items() if issubclass(kind, base))]
    for entry, value in entries.items():
        if entry not in valid:
            yield f"entry {entry!r} is not supported, valid entries: {', '.join(valid)}"
        elif entry == "scope" and value not in SCOPES:
            yield f"scope {value!r} is not supported, valid scopes: {', '.join(SCOPES)}"
        elif entry == "classes" and not _are_names(value):
            yield f"classes must be a list of names, got {value!r}"


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def check_definition(definition: Definition) -> Iterator[str]:
    """Find what is wrong with the files that `database.yml` names once for a whole subset."""
    if "uri" not in definition.entries:
        yield f"no `uri` in {definition.database_yml}"
    for key, entry in definition.entries.items():
        if not isinstance(entry, str):
            if key in KEYS:
                yield f"{key} is {entry!r} in {definition.database_yml}: it must be a path"
            continue
        if definition.is_template(key):
            for name in unknown_placeholders(definition, key):
                yield (
                    f"{{{name}}} in {key} of {definition.database_yml}: placeholders are "
                    f"{', '.join(f'{{{known}}}' for known in PLACEHOLDERS)}"
                )
            continue
        path = definition.path(key)
        if path is None:
            made = definition.database_yml in DEFINITIONS
            hint = "; `pyannote-strf protocols init` writes one with its lists" if made else ""
            yield f"no file {entry} ({key} in {definition.database_yml}){hint}"
        elif key in ("uri", "trial") or path.suffix in (".rttm", ".uem"):
            yield from check_lines(path)


def unknown_placeholders(definition: Definition, key: str) -> set[str]:
    """Find placeholders of an entry that recordings do not fill."""
    return placeholders(definition.entries[key]) - {*PLACEHOLDERS, *definition.entries}
