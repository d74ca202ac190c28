"""What is wrong with a protocol, found before hours of training rather than after them."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path

import yaml
from pyannote.core import Segment, Timeline
from pyannote.database import FileFinder, ProtocolFile, registry

from pyannote_strf.audio import Audio
from pyannote_strf.database.definition import SUBSETS, Definition, definitions, placeholders
from pyannote_strf.database.facts import FileFacts, facts
from pyannote_strf.database.lines import check_lines
from pyannote_strf.files import check_inside
from pyannote_strf.protocols import DEFINITIONS

# annotation may reach beyond its audio by as much, in seconds: times are rounded
TOLERANCE = 0.01

# how much of the end of each recording is decoded, in seconds: a truncated one has none
END = 0.1

# what a WAV that was written to a pipe announces, or more
UNKNOWN_SIZE = 0x7FFFFFFF

# what a library may raise on a file that is missing or malformed
MISTAKES = (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError)

# what pyannote.database reads in a protocol, and in each subset of it; subsets may hold more
SCOPES = ("file", "database", "global")
KEYS = ("uri", "uris", "annotation", "annotated", "trial")

# placeholders of paths, beside the names of other entries
PLACEHOLDERS = ("uri", "database", "subset")


@dataclass
class Report:
    """Facts about every recording by subset, their sample rates, and what is wrong.

    Attributes
    ----------
    files : dict of str to list of FileFacts
    sample_rates : dict of str to Counter
        Number of recordings of each sample rate, in hertz.
    problems : list of str
    """

    files: dict[str, list[FileFacts]] = field(default_factory=dict)
    sample_rates: dict[str, Counter] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def check(name: str, on_file: Callable[[str, str], None] = lambda *_: None) -> Report:
    """Open every file of a protocol.

    Parameters
    ----------
    name : str
        Protocol, e.g. "AMI.SpeakerDiarization.MixHeadset".
    on_file : callable, optional
        Called with subset and name of each recording that is about to be opened.

    Returns
    -------
    report : Report

    Raises
    ------
    ValueError
        If it defines no subset.
    """
    found = definitions(name)
    if not found:
        raise ValueError(f"{name} defines no subset: see its database.yml")
    report = Report()
    report.problems += check_words(name, found)
    uris: dict[str, list[str]] = {}
    for subset, parts in found.items():
        uris[subset] = []
        report.files[subset] = []
        report.sample_rates[subset] = Counter()
        for definition in parts:
            names, complaints = _check_part(definition, subset, report, on_file)
            report.problems += [f"{subset}{complaint}" for complaint in complaints]
            uris[subset] += names
    report.problems += _check_subsets(uris, report)
    return report


def raw_files(definition: Definition) -> Iterator[ProtocolFile]:
    """Files of a subset, with their audio, nothing of them loaded yet.

    Protocols for segmentation load every annotation as they go, to crop it: one mistake would end it
    all, and speech outside the annotated part would never be seen.
    """
    protocol = registry.get_protocol(definition.protocol)
    for file in getattr(protocol, f"{definition.subset}_iter")():
        yield ProtocolFile(file, lazy={"audio": FileFinder()})


def check_words(name: str, found: dict[str, list[Definition]]) -> Iterator[str]:
    """What pyannote.database passes over in silence: words of `database.yml` that it does not know."""
    database, task, protocol = name.split(".")
    for database_yml in {part.database_yml for parts in found.values() for part in parts}:
        content = yaml.safe_load(database_yml.read_text(encoding="utf-8"))
        said = content["Protocols"].get(database, {}).get(task, {}).get(protocol, {})
        for word, value in said.items():
            if word == "scope":
                if value not in SCOPES:
                    yield f"scope {value!r} in {database_yml}: it is {', '.join(SCOPES)}"
            elif word not in SUBSETS and task != "Collection":
                yield f"{word!r} in {database_yml} is no subset: they are {', '.join(SUBSETS)}"
    for subset, parts in found.items():
        for part in parts:
            for key in set(part.entries) - set(KEYS):
                for meant in get_close_matches(key, KEYS, n=1):
                    yield f"{subset}: {key!r} in {part.database_yml}: is {meant!r} meant?"


def check_definition(definition: Definition) -> Iterator[str]:
    """What is wrong with the files that `database.yml` names once for a whole subset."""
    if "uri" not in definition.entries:
        yield f"no `uri` in {definition.database_yml}"
    for key, entry in definition.entries.items():
        if not isinstance(entry, str):
            if key in KEYS:
                yield f"{key} is {entry!r} in {definition.database_yml}: it is the path of a file"
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
    """Placeholders of an entry that recordings do not fill."""
    return placeholders(definition.entries[key]) - {*PLACEHOLDERS, *definition.entries}


def _check_part(
    definition: Definition,
    subset: str,
    report: Report,
    on_file: Callable[[str, str], None],
) -> tuple[list[str], list[str]]:
    """Names of recordings, and complaints, each as it follows the name of the subset."""
    uris: list[str] = []
    complaints = [f": {complaint}" for complaint in check_definition(definition)]
    sound = not complaints
    by_complaint: dict[str, list[str]] = {}
    try:
        for file in raw_files(definition):
            if not file["uri"]:
                continue
            on_file(subset, file["uri"])
            uris.append(file["uri"])
            for complaint in _check_file(file, definition, subset, report):
                by_complaint.setdefault(complaint, []).append(file["uri"])
    except MISTAKES as error:
        if sound:
            complaints.append(f": {one_line(error)}")
    for complaint, (uri, *others) in by_complaint.items():
        which = f"{uri} and {len(others)} more" if others else uri
        complaints.append(f", {which}: {complaint}")
    if not uris and sound:
        complaints.append(f": no recording in {definition.entries['uri']}")
    if "trial" in definition.entries:
        complaints += [f": {complaint}" for complaint in _check_trials(definition, set(uris))]
    return uris, complaints


def _check_file(
    file: ProtocolFile, definition: Definition, subset: str, report: Report
) -> Iterator[str]:
    duration = None
    try:
        check_inside(file["uri"])
    except ValueError as error:
        yield str(error)
    try:
        duration = _open(Path(file["audio"]), report.sample_rates[subset])
    except MISTAKES as error:
        yield one_line(error)

    if "annotation" not in definition.entries:
        if duration is not None:
            report.files[subset].append(FileFacts(file["uri"], duration, 0.0, 0.0, 0.0, {}))
        return
    keys = [key for key in ("annotation", "annotated") if key in definition.entries]
    if any(definition.is_template(key) and unknown_placeholders(definition, key) for key in keys):
        return
    try:
        mistakes = [line for key in keys for line in _lines(file, definition, key)]
        if mistakes:
            yield from mistakes
            return
        with warnings.catch_warnings(record=True) as doubts:
            warnings.simplefilter("always", UserWarning)
            annotation, annotated = file["annotation"], file.get("annotated")
        yield from (str(doubt.message) for doubt in doubts)
        if annotated is None:
            whole = Segment(0, duration or annotation.get_timeline().extent().end)
            annotated = file["annotated"] = Timeline([whole], uri=file["uri"])
        file_facts = facts(file, duration or 0.0)
    except MISTAKES as error:
        yield one_line(error)
        return

    report.files[subset].append(file_facts)
    if not file_facts.annotated:
        yield "no part of it is annotated"
    elif not file_facts.speech:
        yield "no speech in the part that is annotated"
    for what, timeline in (("annotated", annotated), ("speech", annotation.get_timeline())):
        extent = timeline.extent()
        if duration is not None and extent.end > duration + TOLERANCE:
            yield f"{what} up to {extent.end:.2f} s, but its audio lasts {duration:.2f} s"


def _open(path: Path, sample_rates: Counter) -> float:
    """Duration of a recording whose end can be decoded, in seconds."""
    audio = Audio()
    duration = audio.get_duration(path)
    _, sample_rate = audio.crop(path, Segment(max(0.0, duration - END), duration), mode="pad")
    sample_rates[sample_rate] += 1
    # libsndfile takes a truncated WAV for a shorter one
    with path.open("rb") as file:
        kind, announced = file.read(4), int.from_bytes(file.read(4), "little")
    if kind == b"RIFF" and path.stat().st_size < announced + 8 < UNKNOWN_SIZE:
        raise ValueError(f"{path}: shorter than its header announces; is it truncated?")
    return duration


def _lines(file: ProtocolFile, definition: Definition, key: str) -> Iterator[str]:
    """What is wrong in an RTTM or UEM file that is this recording's alone."""
    if key in definition.entries and definition.is_template(key):
        path = definition.path(key, abs(file))
        if path is not None and path.suffix in (".rttm", ".uem"):
            yield from check_lines(path)


def _check_trials(definition: Definition, uris: set[str]) -> Iterator[str]:
    path = definition.path("trial")
    if path is None:
        return
    references: Counter = Counter()
    unknown: Counter = Counter()
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for line in lines:
            reference, *sides = line.split() or [""]
            references[reference] += 1
            unknown.update(side for side in sides[:2] if side not in uris)
    for reference, kind in (("1", "the same speaker"), ("0", "two speakers")):
        if not references[reference]:
            yield f"{path}: no trial of {kind}"
    for uri in unknown:
        yield f"{path}: recording {uri} of {unknown[uri]} trials is not in the list"


def _check_subsets(uris: dict[str, list[str]], report: Report) -> Iterator[str]:
    for first, second in combinations(uris, 2):
        for uri in sorted(set(uris[first]) & set(uris[second])):
            yield f"{uri} is both in {first} and in {second}"
        shared = set.intersection(
            *({s for f in report.files[subset] for s in f.speakers} for subset in (first, second))
        )
        if shared:
            names = ", ".join(sorted(shared)[:5]) + (", ..." if len(shared) > 5 else "")
            yield f"speakers both in {first} and in {second} ({len(shared)}): {names}"
    rates = sum(report.sample_rates.values(), Counter())
    if len(rates) > 1:
        counts = ", ".join(f"{count} at {rate} Hz" for rate, count in rates.most_common())
        yield f"recordings differ in sample rate: {counts}"


def one_line(error: Exception) -> str:
    """Message of an exception, on one line."""
    if isinstance(error, KeyError):
        return f"section Databases of database.yml has no {error}"
    return " ".join(str(error).split())
