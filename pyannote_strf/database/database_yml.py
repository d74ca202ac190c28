"""Strict reading of `database.yml`.

pyannote.database accepts any content, and fails later with an unrelated error, or not at all.
"""

from __future__ import annotations

import os
import reprlib
import string
from collections.abc import Iterator
from numbers import Number
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from pyannote_strf.messages import first_mistake
from pyannote_strf.yaml_reader import read_yaml

SECTIONS = ("Databases", "Protocols", "Requirements")
SUBSETS = ("train", "development", "test")

# entries of a subset that pyannote.database reads (other entries are allowed)
KEYS = ("uri", "uris", "annotation", "annotated", "trial", "tags", "group")

# placeholders of paths in sections Databases and Protocols
OF_AUDIO = ("uri", "database")
OF_FILES = ("uri", "database", "subset")


def read_database_yml(path: Path, seen: frozenset[Path] = frozenset()) -> dict[str, Any]:
    """Read and check a `database.yml`, and the files that it requires.

    Parameters
    ----------
    path : Path
    seen : frozenset of Path, optional
        Files that are being read, and not to be read again. Defaults to none.

    Returns
    -------
    content : dict
        Content of the file itself.

    Raises
    ------
    ValueError
        If a file is malformed. The message names the file, and the line or the entry.
    """
    path = Path(path).expanduser().resolve()
    try:
        content = read_yaml(path)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from None
    if not isinstance(content, dict) or not set(SECTIONS) & set(content):
        raise ValueError(f"{path}: expected sections Databases and Protocols")
    try:
        _check(content)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    for required in _listed(content.get("Requirements", [])):
        other = (path.parent / required).resolve()
        if other not in seen | {path}:
            read_database_yml(other, seen | {path})
    return content


def default_files() -> Iterator[Path]:
    """Iterate over the files that pyannote.database reads when it is imported."""
    named = os.environ.get("PYANNOTE_DATABASE_CONFIG", "").split(";")
    for name in ("~/.pyannote/database.yml", "database.yml", *filter(None, named)):
        path = Path(name).expanduser()
        if path.is_file():
            yield path


def check_template(template: str, names: tuple[str, ...]) -> str:
    """Check that a path has no placeholders except the given ones.

    Parameters
    ----------
    template : str
        Path with placeholders in braces.
    names : tuple of str
        Valid placeholders.

    Returns
    -------
    template : str

    Raises
    ------
    ValueError
        If the path has other placeholders, or braces that do not match.

    Examples
    --------
    >>> check_template("{uri}.wav", OF_AUDIO)
    '{uri}.wav'
    >>> check_template("{uri[0]}.wav", OF_AUDIO)
    Traceback (most recent call last):
    ...
    ValueError: '{uri[0]}.wav': invalid placeholder, valid options: {uri}, {database}
    """
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:
        parts = [("{", None, None, None)]  # braces that do not match
    for text, name, form, conversion in parts:
        if set("{}") & set(text) or (
            name is not None and (name not in names or form or conversion)
        ):
            valid = ", ".join(f"{{{name}}}" for name in names) or "none"
            raise ValueError(
                f"{reprlib.repr(template)}: invalid placeholder, valid options: {valid}"
            )
    return template


def _sources(value: Any) -> Any:
    paths = _listed(value)
    if not paths or not all(isinstance(path, str) for path in paths):
        raise ValueError("expected a path or a list of paths")
    for path in paths:
        check_template(path, OF_AUDIO)
    return value


def _entry(value: Any) -> Any:
    if not isinstance(value, str | Number):
        raise ValueError("expected a path or a number")
    return check_template(value, OF_FILES) if isinstance(value, str) else value


def _filled(value: Any) -> Any:
    if value is None:
        raise ValueError("the section is empty; fill it or remove its heading")
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


Name = Annotated[str, BeforeValidator(lambda name: str(name) if type(name) is int else name)]
File = Annotated[str, AfterValidator(_entry)]
Mapping = Annotated[dict[Name, dict[str, dict[Name, dict]]], BeforeValidator(_filled)]
Sources = Annotated[Any, AfterValidator(_sources)]
Parts = dict[str, list[Literal["train", "development", "test"]]]


class _Content(BaseModel):
    """Sections of a `database.yml`."""

    Databases: Annotated[dict[Name, Sources], BeforeValidator(_filled)] = {}
    Protocols: Mapping = {}
    Requirements: str | list[str] = []


class _Subset(BaseModel):
    """Entries of a subset."""

    model_config = ConfigDict(extra="allow")
    if not TYPE_CHECKING:  # mypy takes it for an argument of the constructor
        __pydantic_extra__: dict[str, Annotated[Any, AfterValidator(_entry)]]

    uri: File = ""
    uris: File = ""
    annotation: File = ""
    annotated: File = ""
    trial: File = ""


class _Protocol(BaseModel):
    """Entries of a protocol."""

    scope: Literal["file", "database", "global"] = "file"
    classes: list[str] = []
    train: _Subset = _Subset()
    development: _Subset = _Subset()
    test: _Subset = _Subset()


class _MetaProtocol(BaseModel):
    """Entries of a protocol that combines others."""

    train: Parts = {}
    development: Parts = {}
    test: Parts = {}


def _check(content: dict[str, Any]) -> None:
    """Check the type of each entry. The error message starts with the path of the entry."""
    where: tuple[Any, ...] = ()
    try:
        _Content.model_validate(content)
        for database, tasks in content.get("Protocols", {}).items():
            for task, protocols in tasks.items():
                kind = _Subset if task == "Collection" else _Protocol
                for name, entries in protocols.items():
                    where = ("Protocols", database, task, name)
                    (_MetaProtocol if database == "X" else kind).model_validate(entries)
    except ValidationError as error:
        mistake = first_mistake(error)
        raise ValueError(".".join([*map(str, where), mistake])) from None
