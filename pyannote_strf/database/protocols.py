"""Loading of protocols and of their files, with checks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pyannote.core import Annotation, Segment, Timeline
from pyannote.database import Protocol, ProtocolFile, registry
from pyannote.database.registry import LoadingMode

from pyannote_strf.audio import duration_of
from pyannote_strf.database.check_definition import check_definition
from pyannote_strf.database.database_yml import SUBSETS, read_database_yml
from pyannote_strf.database.definition import definitions
from pyannote_strf.database.errors import FILE_ERRORS, one_line
from pyannote_strf.database.extents import check_extents
from pyannote_strf.database.lines import CHECKS
from pyannote_strf.files import check_inside
from pyannote_strf.messages import did_you_mean
from pyannote_strf.protocols import load

NO_AUDIO = (
    "correct section Databases of database.yml, or leave out missing recordings with "
    "`pyannote-strf protocols present`"
)


def load_registry(database_yml: Path | None) -> None:
    """Register the protocols of a `database.yml` and of this package with pyannote.database.

    A protocol of this package does not replace another one of the same name.

    Parameters
    ----------
    database_yml : Path or None
        None registers the protocols of this package only.

    Raises
    ------
    ValueError
        If the file, or one that PYANNOTE_DATABASE_CONFIG names, is missing or malformed.
    """
    for path in filter(None, os.environ.get("PYANNOTE_DATABASE_CONFIG", "").split(";")):
        if not Path(path).expanduser().is_file():
            raise ValueError(
                f"PYANNOTE_DATABASE_CONFIG: {path}: no such file; correct or unset the variable"
            )
    if database_yml is not None:
        _load(database_yml)
    load()


def _load(database_yml: Path) -> None:
    if not database_yml.is_file():
        raise ValueError(f"{database_yml}: no such file (expected a database.yml)")
    content = read_database_yml(database_yml)
    registry.load_database(database_yml, mode=LoadingMode.OVERRIDE)
    for database in content.get("Protocols", {}):
        try:
            registry.get_database(str(database)).get_tasks()
        except AttributeError:
            # the registry cannot be searched any more
            del registry.databases[str(database)]
            raise ValueError(
                f"{database_yml}: Protocols.{database}: no protocol of a task that "
                "pyannote.database supports; see `Protocols:` in database.yml.example"
            ) from None


def get_protocol(name: str, preprocessors: Mapping[str, Callable]) -> Protocol:
    """Return a protocol.

    Files without `annotated` are treated as annotated throughout.

    Parameters
    ----------
    name : str
        Name of the protocol, e.g. "AMI.SpeakerDiarization.MixHeadset".
    preprocessors : mapping of str to callable
        Preprocessors of its files.

    Returns
    -------
    protocol : Protocol

    Raises
    ------
    ValueError
        If the protocol does not exist, or if its name is not safe as a file name.
    """
    check_inside(name)
    try:
        return registry.get_protocol(name, {"annotated": annotated_part, **preprocessors})
    except (ValueError, KeyError, AttributeError):
        where = "" if os.environ.get("PYANNOTE_DATABASE_CONFIG") else " or PYANNOTE_DATABASE_CONFIG"
        hint = did_you_mean(name, registry)
        raise ValueError(
            f"unknown protocol {name!r}{f'{hint} Or' if hint else ';'} define it in a "
            f"database.yml given by --registry{where}; `pyannote-strf protocols list` shows all"
        ) from None


def annotated_part(file: ProtocolFile) -> Timeline:
    """Return the annotated part of a file: all of it, unless its protocol defines another."""
    # within a preprocessor, this is the value that the protocol defines
    annotated = file.get("annotated")
    if annotated is not None:
        return annotated
    return Timeline([Segment(0, duration_of(file["audio"]))], uri=file["uri"])


def is_defined(protocol: Protocol, subset: str) -> bool:
    """Return whether a protocol defines a subset, even an empty one."""
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
    except FILE_ERRORS as error:
        raise _malformed(protocol, subset, error) from error
    return True


def get_files(protocol: Protocol, subset: str, with_annotation: bool = True) -> list[ProtocolFile]:
    """Return the files of a subset.

    Parameters
    ----------
    protocol : Protocol
    subset : {"train", "development", "test"}
        Or several, such as "train+development".
    with_annotation : bool, optional
        Whether every file must be annotated. Defaults to True.

    Returns
    -------
    files : list of ProtocolFile

    Raises
    ------
    ValueError
        If the subset is not defined or empty, or if audio or required annotation is missing,
        malformed or inconsistent.
    """
    return list(checked_files(protocol, subset, with_annotation))


def get_evaluated_files(
    protocol: Protocol, subset: str, with_annotation: bool = True
) -> list[ProtocolFile]:
    """Return the files of a subset, and check that error rates on them are meaningful.

    Parameters
    ----------
    protocol, subset, with_annotation
        See :func:`get_files`.

    Returns
    -------
    files : list of ProtocolFile

    Raises
    ------
    ValueError
        As :func:`get_files`, or if an annotated file has an empty annotated part, or no file has
        any speech.
    """
    files = get_files(protocol, subset, with_annotation)
    annotated = [file for file in files if file.get("annotation") is not None]
    for file in annotated:
        if not file["annotated"]:
            raise ValueError(
                f"{_name(protocol)} ({subset}): no part of {file['uri']!r} is annotated; do names "
                "in `annotated:` match those in the list of files?"
            )
    if annotated and not any(file["annotation"] for file in annotated):
        raise ValueError(
            f"{_name(protocol)} ({subset}): no file has any annotated speech; do names in "
            "`annotation:` match those in the list of files?"
        )
    return files


def checked_files(
    protocol: Protocol, subset: str, with_annotation: bool = True
) -> Iterator[ProtocolFile]:
    """Iterate over the files of a subset, see :func:`get_files`."""
    first, _, others = subset.partition("+")
    if others:
        yield from checked_files(protocol, first, with_annotation)
        yield from checked_files(protocol, others, with_annotation)
        return
    _check_subset(subset)
    files = getattr(protocol, subset)() if is_defined(protocol, subset) else iter(())
    from_files = _is_from_files(protocol, subset)
    found = False
    while True:
        try:
            file = next(files, None)
        except FILE_ERRORS as error:
            raise _malformed(protocol, subset, error) from error
        if file is None:
            break
        _check_audio(protocol, subset, file)
        try:
            # the original: protocols for segmentation crop annotation to the annotated part
            as_read = abs(file).get("annotation")
            annotation = file.get("annotation")
            if annotation is not None:
                speech = as_read if as_read is not None else annotation
                _check_extents(protocol, subset, file, speech if from_files else None)
        except FILE_ERRORS as error:
            raise _malformed(protocol, subset, error) from error
        if with_annotation and annotation is None:
            raise ValueError(
                f"{_name(protocol)} ({subset}): {file['uri']!r} has no annotation; add "
                "`annotation:` to its subset in database.yml"
            )
        found = True
        yield file
    if not found:
        raise ValueError(f"{_name(protocol)}: the {subset} subset is not defined, or empty")


def get_trials(protocol: Protocol, subset: str) -> list[dict[str, Any]]:
    """Return the speaker verification trials of a subset.

    Parameters
    ----------
    protocol : Protocol
    subset : {"train", "development", "test"}

    Returns
    -------
    trials : list of dict
        With "reference" (1 if both recordings are of the same speaker, 0 otherwise), "file1" and
        "file2".

    Raises
    ------
    ValueError
        If the subset has no trials, or trials of one kind only, or if audio of a recording is
        missing.
    """
    _check_subset(subset)
    if not has_trials(protocol, subset):
        raise ValueError(
            f"{_name(protocol)}: the {subset} subset has no trials; add `trial:` to it in "
            "database.yml"
        )
    try:
        trials = list(getattr(protocol, f"{subset}_trial")())
    except FILE_ERRORS as error:
        raise _malformed(protocol, subset, error) from error
    if not trials:
        raise ValueError(f"{_name(protocol)}: the list of trials of the {subset} subset is empty")
    kinds = {trial["reference"] for trial in trials}
    if len(kinds) < 2:
        which = "of the same speaker" if 1 in kinds else "of two speakers"
        raise ValueError(
            f"{_name(protocol)} ({subset}): all trials are {which}, so that the equal error rate "
            "is undefined"
        )
    sides = {id(trial[side]): trial[side] for trial in trials for side in ("file1", "file2")}
    for file in sides.values():
        _check_audio(protocol, subset, file)
        try:
            _check_extents(protocol, subset, file)
        except FILE_ERRORS as error:
            raise _malformed(protocol, subset, error) from error
    return trials


def has_trials(protocol: Protocol, subset: str) -> bool:
    """Return whether a subset defines trials, even an empty list."""
    try:
        next(getattr(protocol, f"{subset}_trial")(), None)
    except (AttributeError, NotImplementedError):
        return False
    except FILE_ERRORS:
        return True
    return True


def _check_extents(
    protocol: Protocol, subset: str, file: ProtocolFile, annotation: Annotation | None = None
) -> None:
    duration = duration_of(file["audio"])
    for problem in check_extents(annotation, file["annotated"], duration):
        raise ValueError(f"{file['uri']!r}: {problem}; correct its annotation or replace its audio")


def _is_from_files(protocol: Protocol, subset: str) -> bool:
    """Return whether annotation is read from files, rather than derived from a corpus by a recipe.

    In some corpora, words end a little after their recordings, which users cannot correct.
    """
    parts = definitions(_name(protocol)).get(subset, [])
    return any(Path(part.entries.get("annotation", "")).suffix in CHECKS for part in parts)


def _name(protocol: Protocol) -> str:
    """Return the name of a protocol, which the registry sets at run time."""
    return protocol.name  # type: ignore[attr-defined]


def _malformed(protocol: Protocol, subset: str, error: Exception) -> ValueError:
    if isinstance(error, KeyError):
        # a placeholder in a path, or a recording in a trial
        error = ValueError(f"unknown name {error} in database.yml, or in a file that it names")
    name = _name(protocol)
    parts = definitions(name).get(subset, [])
    problems = (problem for part in parts for problem in check_definition(part))
    return ValueError(
        f"{name} ({subset}): {next(problems, one_line(error))}; run `pyannote-strf protocols "
        f"check {name}` for details"
    )


def _check_subset(subset: str) -> None:
    if subset not in SUBSETS:
        raise ValueError(
            f"unknown subset {subset!r}, valid options: {', '.join(SUBSETS)}"
            f"{did_you_mean(subset, SUBSETS)}"
        )


def _check_audio(protocol: Protocol, subset: str, file: ProtocolFile) -> None:
    try:
        check_inside(file["uri"])
    except ValueError as error:
        raise ValueError(f"{_name(protocol)} ({subset}): recording {error}") from None
    try:
        path = Path(file["audio"])
    except KeyError:
        database = file["database"]
        raise ValueError(
            f"{_name(protocol)}: location of the audio of {file['uri']!r} not found; add "
            f"`{database}: path/to/{{uri}}.wav` to section Databases of database.yml"
            f"{did_you_mean(database, registry.sources)}"
        ) from None
    except FileNotFoundError as error:
        raise ValueError(
            f"{_name(protocol)} ({subset}): {' '.join(str(error).split())}; {NO_AUDIO}"
        ) from None
    if not path.is_file():
        raise ValueError(f"{_name(protocol)} ({subset}): no audio file at {path}; {NO_AUDIO}")
