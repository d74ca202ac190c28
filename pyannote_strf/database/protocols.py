"""Protocols and their files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pyannote.core import Annotation, Segment, Timeline
from pyannote.database import Protocol, ProtocolFile, registry
from pyannote.database.registry import LoadingMode

from pyannote_strf.audio import duration_of
from pyannote_strf.checks import did_you_mean
from pyannote_strf.database.check_definition import check_definition
from pyannote_strf.database.database_yml import SUBSETS, read_database_yml
from pyannote_strf.database.definition import definitions
from pyannote_strf.database.errors import MISTAKES, one_line
from pyannote_strf.database.extents import check_extents
from pyannote_strf.database.lines import CHECKS
from pyannote_strf.files import check_inside
from pyannote_strf.protocols import load

NO_AUDIO = (
    "correct section Databases of database.yml, or leave out what is missing by "
    "`pyannote-strf protocols present`"
)


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
    read_database_yml(database_yml)
    registry.load_database(database_yml, mode=LoadingMode.OVERRIDE)


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
            f"unknown protocol {name!r}{did_you_mean(name, registry) or ':'} Define it in a "
            f"database.yml given by --registry{where} (known protocols: {known})"
        ) from None


def annotated_part(file: ProtocolFile) -> Timeline:
    """The part of a file that is annotated: all of it, unless its protocol says otherwise."""
    # within a preprocessor, this is what the protocol says
    annotated = file.get("annotated")
    if annotated is not None:
        return annotated
    return Timeline([Segment(0, duration_of(file["audio"]))], uri=file["uri"])


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
    except StopIteration:
        return True
    except MISTAKES as error:
        raise _malformed(protocol, subset, error) from error
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


def checked_files(
    protocol: Protocol, subset: str, with_annotation: bool = True
) -> Iterator[ProtocolFile]:
    """Files of a subset, one after the other: see :func:`get_files`."""
    _check_subset(subset)
    files = getattr(protocol, subset)() if is_defined(protocol, subset) else iter(())
    from_files = _is_from_files(protocol, subset)
    found = False
    while True:
        try:
            file = next(files, None)
        except MISTAKES as error:
            raise _malformed(protocol, subset, error) from error
        if file is None:
            break
        _check_audio(protocol, subset, file)
        try:
            # as it was read: protocols for segmentation leave out what is not annotated
            as_read = abs(file).get("annotation")
            annotation = file.get("annotation")
            if annotation is not None:
                speech = as_read if as_read is not None else annotation
                _check_extents(protocol, subset, file, speech if from_files else None)
        except MISTAKES as error:
            raise _malformed(protocol, subset, error) from error
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
        _check_audio(protocol, subset, file)
        try:
            _check_extents(protocol, subset, file)
        except MISTAKES as error:
            raise _malformed(protocol, subset, error) from error
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


def _check_extents(
    protocol: Protocol, subset: str, file: ProtocolFile, annotation: Annotation | None = None
) -> None:
    duration = duration_of(file["audio"])
    for mistake in check_extents(annotation, file["annotated"], duration):
        raise ValueError(
            f"{file['uri']!r}: {mistake}; correct its annotation, or replace its audio"
        )


def _is_from_files(protocol: Protocol, subset: str) -> bool:
    """Whether annotation is read from files, rather than derived from a corpus by a recipe.

    Words of corpora that end a little after their recordings are no mistake that users can correct.
    """
    parts = definitions(protocol.name).get(subset, [])
    return any(Path(part.entries.get("annotation", "")).suffix in CHECKS for part in parts)


def _malformed(protocol: Protocol, subset: str, error: Exception) -> ValueError:
    if isinstance(error, KeyError):
        # a placeholder in a path, or a recording in a trial
        error = ValueError(f"{error} is named by database.yml, or a file of it, and does not exist")
    parts = definitions(protocol.name).get(subset, [])
    complaints = (complaint for part in parts for complaint in check_definition(part))
    return ValueError(
        f"{protocol.name} ({subset}): {next(complaints, one_line(error))}; "
        f"`pyannote-strf protocols check {protocol.name}` says more"
    )


def _check_subset(subset: str) -> None:
    if subset not in SUBSETS:
        raise ValueError(
            f"unknown subset {subset!r}: choose one of {', '.join(SUBSETS)}"
            f"{did_you_mean(subset, SUBSETS)}"
        )


def _check_audio(protocol: Protocol, subset: str, file: ProtocolFile) -> None:
    try:
        check_inside(file["uri"])
    except ValueError as error:
        raise ValueError(f"{protocol.name} ({subset}): recording {error}") from None
    try:
        path = Path(file["audio"])
    except KeyError:
        database = file["database"]
        raise ValueError(
            f"{protocol.name}: nothing says where audio of {file['uri']!r} is; add "
            f"`{database}: path/to/{{uri}}.wav` to section Databases of database.yml"
            f"{did_you_mean(database, registry.sources)}"
        ) from None
    except FileNotFoundError as error:
        raise ValueError(
            f"{protocol.name} ({subset}): {' '.join(str(error).split())}; {NO_AUDIO}"
        ) from None
    if not path.is_file():
        raise ValueError(f"{protocol.name} ({subset}): no audio file at {path}; {NO_AUDIO}")
