"""Where protocols are defined, and by which files."""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pyannote.database import registry

SUBSETS = ("train", "development", "test")


class Definition(NamedTuple):
    """What a `database.yml` says of one subset of a protocol.

    Attributes
    ----------
    database_yml : Path
        The file that says it.
    entries : mapping
        Paths by key: "uri", "annotation", "annotated", "trial".
    """

    database_yml: Path
    entries: Mapping[str, str]

    def path(self, key: str, file: Mapping = MappingProxyType({})) -> Path | None:
        """File of an entry, found as pyannote.database finds it, or None if there is none.

        Parameters
        ----------
        key : str
        file : mapping, optional
            Recording, for entries with placeholders.
        """
        path = Path(self.entries[key].format(**file)).expanduser()
        candidates = (path, self.database_yml.parent / path)
        return next((candidate for candidate in candidates if candidate.is_file()), None)

    def is_template(self, key: str) -> bool:
        """Whether an entry names one file per recording."""
        if not isinstance(self.entries[key], str):
            return False
        return any(field for _, field, _, _ in string.Formatter().parse(self.entries[key]))


def definitions(protocol: str) -> dict[str, Definition]:
    """What defines each subset of a protocol. Empty for meta-protocols, which others define.

    Parameters
    ----------
    protocol : str
        e.g. "AMI.SpeakerDiarization.MixHeadset".
    """
    database, task, name = protocol.split(".")
    methods = vars(registry.databases[database]._protocols[task, name])
    found = {}
    for subset in (*SUBSETS, "files"):
        keywords = getattr(methods.get(f"{subset}_iter"), "keywords", {})
        if "entries" in keywords:
            found[subset] = Definition(Path(keywords["database_yml"]), keywords["entries"])
    return found
