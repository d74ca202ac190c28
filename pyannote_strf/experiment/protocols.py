"""Protocols and their files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml
from pyannote.database import Protocol, ProtocolFile, get_annotated, registry
from pyannote.database.registry import LoadingMode

from pyannote_strf.audio import Audio

SUBSETS = ("train", "development", "test")


def load_registry(database_yml: Path) -> None:
    """Add the protocols of a `database.yml` to those already known.

    Raises
    ------
    ValueError
        If the file is missing or malformed.
    """
    if not database_yml.is_file():
        raise ValueError(f"{database_yml}: no such file (expected a database.yml)")
    try:
        registry.load_database(database_yml, mode=LoadingMode.OVERRIDE)
    except (yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            f"{database_yml}: not a pyannote.database configuration ({str(error).splitlines()[0]})"
        ) from None


def get_protocol(name: str, preprocessors: Mapping[str, Callable]) -> Protocol:
    """Find a protocol.

    Files that do not say which part of them is annotated are taken as annotated throughout.

    Raises
    ------
    ValueError
        If there is no such protocol. The message lists those that exist.
    """
    try:
        protocol = registry.get_protocol(name, preprocessors=preprocessors)
    except (ValueError, KeyError, AttributeError):
        known = ", ".join(registry) or "none"
        where = "" if os.environ.get("PYANNOTE_DATABASE_CONFIG") else " or PYANNOTE_DATABASE_CONFIG"
        raise ValueError(
            f"unknown protocol {name!r}: define it in a database.yml given by --registry{where} "
            f"(known protocols: {known})"
        ) from None
    first = next((file for subset in SUBSETS for file in _iterate(protocol, subset)), {})
    if "annotated" not in first:
        protocol.preprocessors["duration"] = Audio().get_duration
        protocol.preprocessors["annotated"] = get_annotated
    return protocol


def get_files(protocol: Protocol, subset: str) -> list[ProtocolFile]:
    """Files of a subset.

    Raises
    ------
    ValueError
        If the subset is not defined, or empty, or if audio of one of its files is missing.
    """
    if subset not in SUBSETS:
        raise ValueError(f"unknown subset {subset!r}: choose one of {', '.join(SUBSETS)}")
    files = list(_iterate(protocol, subset))
    if not files:
        raise ValueError(f"{protocol.name}: the {subset} subset is not defined, or empty")
    for file in files:
        try:
            path = Path(file["audio"])
        except KeyError:
            raise ValueError(
                f"{protocol.name}: nothing says where audio of {file['uri']!r} is; add "
                f"`{file['database']}: path/to/{{uri}}.wav` to section Databases of database.yml"
            ) from None
        except FileNotFoundError as error:
            raise ValueError(
                f"{protocol.name} ({subset}): {' '.join(str(error).split())}"
            ) from None
        if not path.is_file():
            raise ValueError(f"{protocol.name} ({subset}): no audio file at {path}")
    return files


def _iterate(protocol: Protocol, subset: str):
    try:
        yield from getattr(protocol, subset)()
    except (AttributeError, NotImplementedError):
        return
