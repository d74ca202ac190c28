"""Definitions of protocols in `database.yml` files."""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from pyannote.database import registry

from pyannote_strf.compat.file_lookup import resolve_path
from pyannote_strf.compat.lists import check_name
from pyannote_strf.compat.text_files import numbered_lines
from pyannote_strf.database.database_yml import SUBSETS
from pyannote_strf.messages import did_you_mean


class Definition(NamedTuple):
    """Definition of one subset of a protocol.

    Attributes
    ----------
    protocol, subset : str
        Names of the protocol and of the subset.
    database_yml : Path
        File that holds the definition.
    entries : mapping
        Paths by key: "uri", "annotation", "annotated", "trial".
    """

    protocol: str
    subset: str
    database_yml: Path
    entries: Mapping[str, str]

    def path(self, key: str, file: Mapping[str, Any] = MappingProxyType({})) -> Path | None:
        """Find the file of an entry, beside `database.yml` or in the current folder.

        Parameters
        ----------
        key : str
            Key of the entry.
        file : mapping, optional
            Recording, for entries with placeholders.

        Returns
        -------
        path : Path or None
            None if the file does not exist.
        """
        path = Path(self.entries[key].format(**file))
        try:
            return resolve_path(path, self.database_yml)
        except FileNotFoundError:
            return None

    def recordings(self) -> list[str]:
        """Return the distinct names of recordings, without those that are invalid.

        Raises
        ------
        ValueError
            If the list of recordings is missing or cannot be read.
        """
        path = self.path("uri") if "uri" in self.entries else None
        if path is None:
            raise ValueError(f"list of recordings not found (uri in {self.database_yml})")
        names = dict.fromkeys(line.strip() for _, line in numbered_lines(path))
        return [name for name in names if name and _is_name(name)]

    def is_template(self, key: str) -> bool:
        """Return whether an entry is a path with placeholders: one file per recording."""
        if not isinstance(self.entries[key], str):
            return False
        return bool(placeholders(self.entries[key]))


def _is_name(name: str) -> bool:
    try:
        check_name(name)
    except ValueError:
        return False
    return True


def placeholders(template: str) -> set[str]:
    """Return the names of the placeholders of a path.

    >>> placeholders("audio/{uri}.wav")
    {'uri'}
    """
    return {field for _, field, _, _ in string.Formatter().parse(template) if field}


def definitions(protocol: str) -> dict[str, list[Definition]]:
    """Return the definitions of each subset of a protocol.

    Parameters
    ----------
    protocol : str
        Name of the protocol, e.g. "AMI.SpeakerDiarization.MixHeadset".

    Returns
    -------
    definitions : dict of str to list of Definition
        By subset: one for each protocol that a meta-protocol combines, otherwise one.

    Raises
    ------
    ValueError
        If the protocol does not exist, or its name has more than three parts, which
        pyannote.database does not find.
    """
    if protocol not in registry:
        raise ValueError(f"unknown protocol {protocol!r}{did_you_mean(protocol, registry)}")
    if protocol.count(".") != 2:
        raise ValueError(f"{protocol}: a dot in the name of a protocol is not supported; rename it")
    database, task, name = protocol.split(".")
    methods = vars(registry.databases[database]._protocols[task, name])
    found: dict[str, list[Definition]] = {}
    for subset in (*SUBSETS, "files"):
        method = methods.get(f"{subset}_iter")
        if isinstance(method, partial):
            *_, parts, database_yml = method.args
            for part in parts:
                if part not in registry:
                    raise ValueError(
                        f"{protocol} in {database_yml}: protocol {part!r} does not exist"
                        f"{did_you_mean(part, registry)}"
                    )
            found[subset] = [
                definition
                for part, subsets in parts.items()
                for of_part in subsets
                for definition in definitions(part).get(of_part, [])
            ]
        elif method is not None:
            entries = dict(method.keywords["entries"])
            if "uris" in entries:
                entries["uri"] = entries.pop("uris")
            database_yml = Path(method.keywords["database_yml"])
            found[subset] = [Definition(protocol, subset, database_yml, entries)]
    return found
