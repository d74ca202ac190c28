"""Check of all files of a protocol, to find problems before training."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from pyannote.core import Segment, Timeline
from pyannote.database import ProtocolFile, registry

from pyannote_strf.audio import decode_end, find_damage
from pyannote_strf.compat.text_files import numbered_lines
from pyannote_strf.database.audio_finder import AudioFinder
from pyannote_strf.database.check_clips import ClipFacts, check_clips, check_rows, clip_facts
from pyannote_strf.database.check_definition import check_definition, check_entries
from pyannote_strf.database.definition import Definition, definitions
from pyannote_strf.database.errors import FILE_ERRORS, one_line
from pyannote_strf.database.extents import check_extents
from pyannote_strf.database.lines import check_lines
from pyannote_strf.database.problems import Problem, grouped
from pyannote_strf.database.statistics import FileStatistics, file_statistics
from pyannote_strf.files import check_inside
from pyannote_strf.messages import few
from pyannote_strf.progress import Progress, silent

# duration to decode at the end of each recording, in seconds, to detect truncated files
END = 0.1

# smallest size that the header of a WAV file written to a pipe announces
UNKNOWN_SIZE = 0x7FFFFFFF


@dataclass
class Report:
    """Statistics and problems of a protocol.

    Attributes
    ----------
    files : dict of str to list of FileStatistics
        Statistics of recordings, by subset.
    sample_rates : dict of str to Counter
        Number of recordings by sample rate in hertz, by subset.
    clips : dict of str to list of ClipFacts
        Clips with labels, by subset.
    problems : list of Problem
        Problems.
    """

    files: dict[str, list[FileStatistics]] = field(default_factory=dict)
    sample_rates: dict[str, Counter[int]] = field(default_factory=dict)
    clips: dict[str, list[ClipFacts]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def messages(self) -> list[str]:
        """Descriptions of problems, one line per kind."""
        return grouped(self.problems)


def check(name: str, progress: Progress = silent, thorough: bool = False) -> Report:
    """Open every file of a protocol.

    Parameters
    ----------
    name : str
        Name of the protocol, e.g. "AMI.SpeakerDiarization.MixHeadset".
    progress : callable, optional
        Called with the state of progress, see :data:`~pyannote_strf.progress.Progress`.
    thorough : bool, optional
        Decode each recording completely, rather than its end only. Defaults to False.

    Returns
    -------
    report : Report

    Raises
    ------
    ValueError
        If the protocol does not exist, or defines no subset.
    """
    found = definitions(name)
    if not found:
        raise ValueError(f"{name} defines no subset; see its database.yml")
    open_recording = _decode if thorough else _open
    report = Report()
    report.problems += map(Problem, check_entries(name, found))
    uris: dict[str, list[str]] = {}
    for subset, parts in found.items():
        uris[subset] = []
        report.files[subset] = []
        report.sample_rates[subset] = Counter()
        for definition in parts:
            uris[subset] += _check_part(definition, subset, report, progress, open_recording)
    report.problems += map(Problem, _check_subsets(uris, report))
    report.problems += map(Problem, check_clips(report.clips))
    parts = [part for parts in found.values() for part in parts]
    try:
        listed = {uri for subset in uris.values() for uri in subset}
        report.problems += map(Problem, check_rows(parts, listed))
    except FILE_ERRORS:
        # malformed files are in the report already
        pass
    return report


def raw_files(definition: Definition) -> Iterator[ProtocolFile]:
    """Iterate over the files of a subset, with their audio, before anything is loaded.

    Protocols for segmentation load and crop each annotation on iteration, so that one malformed
    annotation would end the iteration, and speech outside the annotated part would be hidden.
    """
    protocol = registry.get_protocol(definition.protocol)
    finder = AudioFinder()
    for file in getattr(protocol, f"{definition.subset}_iter")():
        yield ProtocolFile(file, lazy={"audio": finder})


def _check_part(
    definition: Definition,
    subset: str,
    report: Report,
    progress: Progress,
    open_recording: Callable[[Path], tuple[float, int]],
) -> list[str]:
    """Check a subset, and return the names of its recordings."""
    messages = list(check_definition(definition))
    report.problems += [Problem(message, subset) for message in messages]
    try:
        uris = definition.recordings()
        # iteration over the protocol fails if one of its files is malformed: check its audio only
        files = audio_files(definition, uris) if messages else raw_files(definition)
        for number, file in enumerate(files, start=1):
            progress(subset, number, len(uris))
            sound = _check_audio(file, open_recording, subset, report)
            if not messages:
                _check_annotation(file, sound, definition, subset, report)
                _check_tags(file, definition, subset, report)
    except FILE_ERRORS as error:
        if not messages:
            report.problems.append(Problem(one_line(error), subset))
        return []
    if not uris:
        empty = f"no recording in {definition.entries['uri']}"
        report.problems.append(Problem(empty, subset))
    if "trial" in definition.entries and not messages:
        trials = _check_trials(definition, set(uris))
        report.problems += [Problem(message, subset) for message in trials]
    return uris


def audio_files(definition: Definition, uris: list[str]) -> Iterator[ProtocolFile]:
    """Iterate over recordings with their audio only."""
    database = definition.protocol.partition(".")[0]
    finder = AudioFinder()
    for uri in uris:
        file = {"uri": uri, "database": database, "subset": definition.subset}
        yield ProtocolFile(file, lazy={"audio": finder})


def _check_audio(
    file: ProtocolFile,
    open_recording: Callable[[Path], tuple[float, int]],
    subset: str,
    report: Report,
) -> float | None:
    """Check the audio of a recording, and return its duration in seconds, or None on failure."""
    uri, duration = file["uri"], None
    try:
        check_inside(uri)
    except ValueError as error:
        report.problems.append(Problem(str(error), subset, uri))
    try:
        duration, sample_rate = open_recording(Path(file["audio"]))
    except FILE_ERRORS as error:
        report.problems.append(Problem(one_line(error), subset, uri))
    else:
        report.sample_rates[subset][sample_rate] += 1
    return duration


def _check_annotation(
    file: ProtocolFile, duration: float | None, definition: Definition, subset: str, report: Report
) -> None:
    if "annotation" not in definition.entries:
        if duration is not None:
            report.files[subset].append(FileStatistics(file["uri"], duration, 0.0, 0.0, 0.0, {}))
        return
    messages: list[str] = []
    try:
        messages += _lines(file, definition)
        if not messages:
            report.files[subset].append(_measure(file, duration, messages))
    except FILE_ERRORS as error:
        messages.append(one_line(error))
    report.problems += [Problem(message, subset, file["uri"]) for message in messages]


def _check_tags(file: ProtocolFile, definition: Definition, subset: str, report: Report) -> None:
    if "tags" not in definition.entries:
        return
    try:
        report.clips.setdefault(subset, []).append(clip_facts(file))
    except FILE_ERRORS as error:
        report.problems.append(Problem(one_line(error), subset, file["uri"]))


def _measure(file: ProtocolFile, duration: float | None, messages: list[str]) -> FileStatistics:
    """Measure a recording, and append the problems of its annotation to a list."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        annotation, annotated = file["annotation"], file.get("annotated")
    messages += (str(warning.message) for warning in caught)
    if annotated is None:
        whole = Segment(0, duration or annotation.get_timeline().extent().end)
        annotated = file["annotated"] = Timeline([whole], uri=file["uri"])
    found = file_statistics(file, duration or 0.0)
    if not found.annotated:
        messages.append("no part of it is annotated")
    elif not found.speech:
        messages.append("no speech in the part that is annotated")
    if duration is not None:
        messages += check_extents(annotation, annotated, duration)
    return found


def _open(path: Path) -> tuple[float, int]:
    """Decode the end of a recording, and return its duration in seconds and its sample rate."""
    duration, sample_rate = decode_end(path, END)
    # libsndfile reads a truncated WAV file as a shorter one
    with path.open("rb") as file:
        kind, announced = file.read(4), int.from_bytes(file.read(4), "little")
    if kind == b"RIFF" and path.stat().st_size < announced + 8 < UNKNOWN_SIZE:
        raise ValueError(f"{path}: shorter than its header announces; is it truncated?")
    return duration, sample_rate


def _decode(path: Path) -> tuple[float, int]:
    """Decode a complete recording, and return its duration in seconds and its sample rate."""
    opened = _open(path)
    if damage := find_damage(path):
        raise ValueError(f"{path}: {damage}")
    return opened


def _lines(file: ProtocolFile, definition: Definition) -> Iterator[str]:
    """Find malformed lines of RTTM and UEM files that belong to one recording."""
    for key in ("annotation", "annotated"):
        if key in definition.entries and definition.is_template(key):
            path = definition.path(key, abs(file))
            if path is not None and path.suffix in (".rttm", ".uem"):
                yield from check_lines(path)


def _check_trials(definition: Definition, uris: set[str]) -> Iterator[str]:
    """Find trials of unknown recordings, and subsets with trials of one kind only."""
    path = definition.path("trial")
    if path is None:
        return
    references: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for _, line in numbered_lines(path):
        reference, *sides = line.split() or [""]
        references[reference] += 1
        unknown.update(side for side in sides[:2] if side not in uris)
    for reference, kind in (("1", "the same speaker"), ("0", "two speakers")):
        if not references[reference]:
            yield f"{path}: no trial of {kind}"
    if unknown:
        count = sum(unknown.values())
        yield f"{path}: {count} sides of trials are not in the list of recordings: {few(unknown)}"


def _check_subsets(uris: dict[str, list[str]], report: Report) -> Iterator[str]:
    """Find recordings and speakers in two subsets, and different sample rates.

    Clips of one corpus often differ in sample rate: those of several sources do.
    """
    for first, second in combinations(uris, 2):
        if both := set(uris[first]) & set(uris[second]):
            yield f"recordings both in {first} and in {second}: {few(sorted(both))}"
        shared = set.intersection(
            *({s for f in report.files[subset] for s in f.speakers} for subset in (first, second))
        )
        if shared:
            yield f"speakers both in {first} and in {second}: {few(sorted(shared))}"
    rates = sum(report.sample_rates.values(), Counter())
    if len(rates) > 1 and not report.clips:
        counts = ", ".join(f"{count} at {rate} Hz" for rate, count in rates.most_common())
        yield f"recordings differ in sample rate: {counts}"
