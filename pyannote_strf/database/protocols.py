"""Protocols and their files."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import yaml
from pyannote.core import Segment, Timeline
from pyannote.database import Protocol, ProtocolFile, registry
from pyannote.database.registry import LoadingMode

from pyannote_strf.audio import Audio
from pyannote_strf.database.errors import MISTAKES, one_line
from pyannote_strf.files import check_inside
from pyannote_strf.protocols import load

logger = logging.getLogger(__name__)

SUBSETS = ("train", "development", "test")
NO_AUDIO = "correct section Databases of database.yml, or leave the file out of its list"

# what annotation may reach beyond its file before that is worth a word, in seconds
TOLERATED = 0.5


def load_registry(database_yml: Path | None) -> None:
    """Add the protocols of a `database.yml`, if any, and of this package to those already known.

    A protocol of this package gives way to one of the same name.

    Raises
    ------
    ValueError
        If the file is missing or malformed, or one that PYANNOTE_DATABASE_CONFIG names is missing.
    """
    for path in filter(None, os.environ.get("PYANNOTE_DATABASE_CONFIG", "").split(";")):
        if not Path(path).expanduser().is_file():
            raise ValueError(
                f"PYANNOTE_DATABASE_CONFIG: {path}: no such file; correct it, or unset it"
            )
    if database_yml is not None:
        _load(database_yml)
    load()


def _load(database_yml: Path) -> None:
    if not database_yml.is_file():
        raise ValueError(f"{database_yml}: no such file (expected a database.yml)")
    try:
        content = yaml.safe_load(database_yml.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("expected sections Databases and Protocols")
        for section in ("Databases", "Protocols"):
            if not isinstance(content.get(section, {}), dict):
                raise ValueError(f"section {section} is empty: fill it, or remove its heading")
        registry.load_database(database_yml, mode=LoadingMode.OVERRIDE)
    except (yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            f"{database_yml}: not a pyannote.database configuration ({' '.join(str(error).split())})"
        ) from None


def get_protocol(name: str, preprocessors: Mapping[str, Callable]) -> Protocol:
    """Find a protocol.

    Files that do not say which part of them is annotated are taken as annotated throughout.

    Raises
    ------
    ValueError
        If there is no such protocol, in which case the message lists those that exist; or if files
        cannot be named after it.
    """
    check_inside(name)
    try:
        return registry.get_protocol(name, {"annotated": annotated_part, **preprocessors})
    except (ValueError, KeyError, AttributeError):
        known = ", ".join(registry) or "none"
        where = "" if os.environ.get("PYANNOTE_DATABASE_CONFIG") else " or PYANNOTE_DATABASE_CONFIG"
        raise ValueError(
            f"unknown protocol {name!r}: define it in a database.yml given by --registry{where} "
            f"(known protocols: {known})"
        ) from None


def annotated_part(file: ProtocolFile) -> Timeline:
    """The part of a file that is annotated: all of it, unless its protocol says otherwise."""
    # within a preprocessor, this is what the protocol says
    annotated = file.get("annotated")
    if annotated is not None:
        return annotated
    return Timeline([Segment(0, Audio().get_duration(file))], uri=file["uri"])


def is_defined(protocol: Protocol, subset: str) -> bool:
    """Whether a protocol has a subset, be it empty."""
    try:
        next(getattr(protocol, subset)())
    except NotImplementedError:
        return False
    except AttributeError as error:
        if error.name == subset:
            return False
        raise _malformed(protocol, subset, error) from error
    except (LookupError, TypeError) as error:
        raise _malformed(protocol, subset, error) from error
    except StopIteration:
        return True
    return True


def get_files(protocol: Protocol, subset: str, with_annotation: bool = True) -> list[ProtocolFile]:
    """Files of a subset.

    Parameters
    ----------
    protocol : Protocol
    subset : {"train", "development", "test"}
    with_annotation : bool, optional
        Whether every file must be annotated. Defaults to True.

    Raises
    ------
    ValueError
        If the subset is not defined, or empty; or if audio of one of its files is missing, or
        annotation that is needed.
    """
    return list(checked_files(protocol, subset, with_annotation))


def get_evaluated_files(
    protocol: Protocol, subset: str, with_annotation: bool = True
) -> list[ProtocolFile]:
    """Files of a subset whose annotation, if they have any, is something to be evaluated on.

    Raises
    ------
    ValueError
        As :func:`get_files`, or if nothing of an annotated file is to be evaluated, or there is no
        speech in any of them: error rates of nothing are perfect.
    """
    files = get_files(protocol, subset, with_annotation)
    annotated = [file for file in files if file.get("annotation") is not None]
    for file in annotated:
        if not file["annotated"]:
            raise ValueError(
                f"{protocol.name} ({subset}): no part of {file['uri']!r} is annotated; do names in "
                "`annotated:` match those in the list of files?"
            )
    if annotated and not any(file["annotation"] for file in annotated):
        raise ValueError(
            f"{protocol.name} ({subset}): no file has any annotated speech; do names in `annotation:` "
            "match those in the list of files?"
        )
    return files


def warn_of_missing_audio(files: Iterable[ProtocolFile]) -> None:
    """Say which files end before what is annotated of them: speech there can only be missed."""
    for file in files:
        if file.get("annotation") is None:
            continue
        duration, end = Audio().get_duration(file), file["annotated"].extent().end
        if end > duration + TOLERATED:
            logger.warning(
                "%s lasts %.1f s, and is annotated to %.1f s: is it truncated? Speech beyond its end "
                "counts as missed",
                *(file["audio"], duration, end),
            )


def checked_files(
    protocol: Protocol, subset: str, with_annotation: bool = True
) -> Iterator[ProtocolFile]:
    """Files of a subset, one after the other: see :func:`get_files`."""
    _check_subset(subset)
    files = getattr(protocol, subset)() if is_defined(protocol, subset) else iter(())
    found = False
    while True:
        try:
            file = next(files, None)
            if file is None:
                break
            annotation = file.get("annotation")
        except MISTAKES as error:
            raise _malformed(protocol, subset, error) from error
        _check_file(protocol, subset, file)
        if with_annotation and annotation is None:
            raise ValueError(
                f"{protocol.name} ({subset}): {file['uri']!r} has no annotation; say where it is in "
                "database.yml"
            )
        found = True
        yield file
    if not found:
        raise ValueError(f"{protocol.name}: the {subset} subset is not defined, or empty")


def get_trials(protocol: Protocol, subset: str) -> list[dict]:
    """Trials of a subset.

    Raises
    ------
    ValueError
        If the subset has none, or only trials of the same speaker, or only of two; or if audio of a
        recording is missing.
    """
    _check_subset(subset)
    if not has_trials(protocol, subset):
        raise ValueError(
            f"{protocol.name}: the {subset} subset has no trials; say where they are by `trial:` in "
            "database.yml"
        )
    try:
        trials = list(getattr(protocol, f"{subset}_trial")())
    except MISTAKES as error:
        raise _malformed(protocol, subset, error) from error
    if not trials:
        raise ValueError(f"{protocol.name}: the list of trials of the {subset} subset is empty")
    kinds = {trial["reference"] for trial in trials}
    if len(kinds) < 2:
        which = "of the same speaker" if 1 in kinds else "of two speakers"
        raise ValueError(
            f"{protocol.name} ({subset}): all trials are {which}, equal error rate is undefined"
        )
    sides = {id(trial[side]): trial[side] for trial in trials for side in ("file1", "file2")}
    for file in sides.values():
        _check_file(protocol, subset, file)
    return trials


def has_trials(protocol: Protocol, subset: str) -> bool:
    """Whether a subset has trials, be their list empty."""
    try:
        next(getattr(protocol, f"{subset}_trial")(), None)
    except (AttributeError, NotImplementedError):
        return False
    except MISTAKES:
        return True
    return True


def _malformed(protocol: Protocol, subset: str, error: Exception) -> ValueError:
    if isinstance(error, KeyError):
        # a placeholder in a path, or a recording in a trial
        error = ValueError(f"{error} is named by database.yml, or a file of it, and does not exist")
    return ValueError(
        f"{protocol.name} ({subset}): {one_line(error)}; "
        f"`pyannote-strf protocols check {protocol.name}` says more"
    )


def _check_subset(subset: str) -> None:
    if subset not in SUBSETS:
        raise ValueError(f"unknown subset {subset!r}: choose one of {', '.join(SUBSETS)}")


def _check_file(protocol: Protocol, subset: str, file: ProtocolFile) -> None:
    try:
        check_inside(file["uri"])
    except ValueError as error:
        raise ValueError(f"{protocol.name} ({subset}): recording {error}") from None
    try:
        path = Path(file["audio"])
    except KeyError:
        raise ValueError(
            f"{protocol.name}: nothing says where audio of {file['uri']!r} is; add "
            f"`{file['database']}: path/to/{{uri}}.wav` to section Databases of database.yml"
        ) from None
    except FileNotFoundError as error:
        raise ValueError(
            f"{protocol.name} ({subset}): {' '.join(str(error).split())}; {NO_AUDIO}"
        ) from None
    if not path.is_file():
        raise ValueError(f"{protocol.name} ({subset}): no audio file at {path}; {NO_AUDIO}")
