"""What is wrong with a protocol, found before hours of training rather than after them."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from pyannote.core import Segment, Timeline
from pyannote.database import FileFinder, ProtocolFile, registry

from pyannote_strf.audio import Audio
from pyannote_strf.database.check_definition import (
    check_definition,
    check_entries,
    unknown_placeholders,
)
from pyannote_strf.database.definition import Definition, definitions
from pyannote_strf.database.errors import MISTAKES, one_line
from pyannote_strf.database.facts import FileFacts, facts
from pyannote_strf.database.lines import check_lines
from pyannote_strf.files import check_inside

# annotation may reach beyond its audio by as much, in seconds: times are rounded
TOLERANCE = 0.01

# how much of the end of each recording is decoded, in seconds: a truncated one has none
END = 0.1

# what a WAV that was written to a pipe announces, or more
UNKNOWN_SIZE = 0x7FFFFFFF


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
    report.problems += check_entries(name, found)
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
    """Iterate over files of a subset, with their audio, nothing of them loaded yet.

    Protocols for segmentation load every annotation as they go, to crop it: one mistake would end
    it all, and speech outside the annotated part would never be seen.
    """
    protocol = registry.get_protocol(definition.protocol)
    for file in getattr(protocol, f"{definition.subset}_iter")():
        yield ProtocolFile(file, lazy={"audio": FileFinder()})


def _check_part(
    definition: Definition,
    subset: str,
    report: Report,
    on_file: Callable[[str, str], None],
) -> tuple[list[str], list[str]]:
    """Return names of recordings, and complaints, each as it follows the name of the subset."""
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
    """Return the duration of a recording whose end can be decoded, in seconds."""
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
    """Find what is wrong in an RTTM or UEM file that is this recording's alone."""
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
