"""Where protocols are defined, and by which files."""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pyannote.database import registry

from pyannote_strf.checks import did_you_mean
from pyannote_strf.compat.file_lookup import resolve_path
from pyannote_strf.compat.lists import check_name
from pyannote_strf.compat.text_files import numbered_lines
from pyannote_strf.database.database_yml import SUBSETS


class Definition(NamedTuple):
    """What a `database.yml` says of one subset of a protocol.

    Attributes
    ----------
    protocol, subset : str
    database_yml : Path
        The file that says it.
    entries : mapping
        Paths by key: "uri", "annotation", "annotated", "trial".
    """

    protocol: str
    subset: str
    database_yml: Path
    entries: Mapping[str, str]

    def path(self, key: str, file: Mapping = MappingProxyType({})) -> Path | None:
        """Find the file of an entry, beside `database.yml` or in the current folder; or None.

        Parameters
        ----------
        key : str
        file : mapping, optional
            Recording, for entries with placeholders.
        """
        path = Path(self.entries[key].format(**file))
        try:
            return resolve_path(path, self.database_yml)
        except FileNotFoundError:
            return None

    def recordings(self) -> list[str]:
        """List names of recordings, once each, but those that no file can have.

        Raises
        ------
        ValueError
            If there is no list, or it cannot be read.
        """
        path = self.path("uri") if "uri" in self.entries else None
        if path is None:
            raise ValueError(f"no list of recordings (uri in {self.database_yml})")
        names = dict.fromkeys(line.strip() for _, line in numbered_lines(path))
        return [name for name in names if name and _is_name(name)]

    def is_template(self, key: str) -> bool:
        """Return whether an entry names one file per recording."""
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
    """List names in braces.

    >>> placeholders("audio/{uri}.wav")
    {'uri'}
    """
    return {field for _, field, _, _ in string.Formatter().parse(template) if field}


def definitions(protocol: str) -> dict[str, list[Definition]]:
    """List what defines each subset of a protocol: several, for meta-protocols, made of others.

    Parameters
    ----------
    protocol : str
        e.g. "AMI.SpeakerDiarization.MixHeadset".

    Raises
    ------
    ValueError
        If there is no such protocol, or its name has more than three parts: pyannote.database does
        not find it.
    """
    if protocol not in registry:
        raise ValueError(f"unknown protocol {protocol!r}{did_you_mean(protocol, registry)}")
    if protocol.count(".") != 2:
        raise ValueError(
            f"{protocol}: a protocol with a dot in its name is not supported, rename it"
        )
    database, task, name = protocol.split(".")
    methods = vars(registry.databases[database]._protocols[task, name])
    found = {}
    for subset in (*SUBSETS, "files"):
        method = methods.get(f"{subset}_iter")
        if isinstance(method, partial):
            *_, parts, database_yml = method.args
            for part in parts:
                if part not in registry:
                    raise ValueError(
                        f"{protocol} is made of {part!r} in {database_yml}, which does not exist"
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
