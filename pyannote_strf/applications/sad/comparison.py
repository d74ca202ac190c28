"""Comparison of results of speech activity detection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.metrics import auc

from pyannote_strf.applications.sad.detection import SECONDS, TOTAL
from pyannote_strf.applications.tables import finite, read_table
from pyannote_strf.applications.types import Comparable, ComparableMetric
from pyannote_strf.messages import describe
from pyannote_strf.metrics.verification import Ranking

DETECTION_ERROR_RATE = "detection error rate"

REMEDY = "run `sad apply` on files with a reference"


class _Errors(NamedTuple):
    """Speech in the reference and wrong speech of each file, in seconds."""

    speech: dict[str, float]
    wrong: dict[str, float]


def comparable(applied: Sequence[Path], frame: float) -> Comparable:
    """Read the detection errors of files, and their frame scores if they exist.

    The area under the ROC curve is that of frames of a fixed duration. A frame counts as speech if
    its middle lies in speech of the reference. Its score is interpolated linearly between the
    middles of the frames of the model. Frames whose middle is not annotated are skipped.

    Parameters
    ----------
    applied : sequence of Path
        Paths of output files of each system, without suffix.
    frame : float
        Duration of frames, in seconds.

    Raises
    ------
    ValueError
        If a table of errors is missing or malformed, or if systems were evaluated on other files or
        another reference.
    """
    errors = [_read_errors(Path(f"{path}.csv")) for path in applied]
    files = list(errors[0].speech)
    for path, each in zip(applied[1:], errors[1:]):
        _check_same_reference(applied[0], errors[0], path, each)
    speech = np.array([errors[0].speech[file] for file in files])
    wrong = np.array([[each.wrong[file] for file in files] for each in errors])

    def detection_error_rate(system: int, drawn: np.ndarray) -> float:
        total = drawn @ speech
        return float(drawn @ wrong[system] / total) if total else np.nan

    rankings: dict[int, tuple[Ranking, np.ndarray]] = {}
    missing = {}
    for system, path in enumerate(applied):
        try:
            rankings[system] = _ranking(path, files, frame)
        except ValueError as error:
            missing[system] = str(error)

    def area(system: int, drawn: np.ndarray) -> float:
        ranking, file_of_frame = rankings[system]
        curve = ranking.tradeoff(drawn[file_of_frame])
        return float("nan") if curve is None else float(auc(curve.false_alarm, 1 - curve.miss))

    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(speech > 0, wrong / speech, np.nan)
    return Comparable(
        units=len(files),
        unit="files",
        metrics={
            DETECTION_ERROR_RATE: ComparableMetric(detection_error_rate),
            "area under the ROC curve": ComparableMetric(area, missing, True),
        },
        items=files,
        item_metric=DETECTION_ERROR_RATE,
        item_values=values,
    )


def _read_errors(path: Path) -> _Errors:
    def parse(row: Mapping[str, str]) -> tuple[str, float, float]:
        speech, false_alarm, missed = (finite(row[name]) for name in SECONDS)
        return row["file"], speech, false_alarm + missed

    rows = read_table(path, parse, REMEDY)
    *files, last = rows
    if last[0] != TOTAL:
        raise ValueError(f"{path}: has no last row {TOTAL}; {REMEDY}")
    return _Errors(
        {file: speech for file, speech, _ in files}, {file: wrong for file, _, wrong in files}
    )


def _check_same_reference(first: Path, expected: _Errors, other: Path, found: _Errors) -> None:
    if differing := expected.speech.keys() ^ found.speech.keys():
        raise ValueError(f"{first} and {other}: only one of them has file {min(differing)}")
    for file, seconds in expected.speech.items():
        if abs(seconds - found.speech[file]) > 0.01:
            raise ValueError(f"{first} and {other}: have different references for {file}")


def _ranking(path: Path, files: Sequence[str], frame: float) -> tuple[Ranking, np.ndarray]:
    """Return the ranking of all frames, and the index of the file of each frame."""
    reference, scores, counts = [], [], []
    for file in files:
        archive = path / f"{file}.npz"
        if not archive.is_file():
            raise ValueError(f"{archive} does not exist; run `sad apply` with --scores")
        try:
            with np.load(archive) as content:
                is_speech, score = _frames(content, frame)
        except Exception as error:
            # a damaged archive may raise any exception
            raise ValueError(
                f"{archive} is malformed ({describe(error)}); run `sad apply` again"
            ) from error
        reference.append(is_speech)
        scores.append(score)
        counts.append(len(score))
    is_speech = np.concatenate(reference)
    for kind, present in (("with", is_speech.any()), ("without", not is_speech.all())):
        if not present:
            raise ValueError(f"{path}: the area is undefined, no frame is {kind} speech")
    try:
        ranking = Ranking(is_speech.astype(int), np.concatenate(scores))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return ranking, np.repeat(np.arange(len(files)), counts)


def _frames(content: np.lib.npyio.NpzFile, frame: float) -> tuple[np.ndarray, np.ndarray]:
    values = content["scores"][:, 0]
    first = float(content["start"]) + float(content["duration"]) / 2
    middles = first + float(content["step"]) * np.arange(len(values))
    end = content["annotated"].max(initial=0.0)
    times = frame * (np.arange(np.ceil(end / frame)) + 0.5)
    times = times[_inside(times, content["annotated"])]
    return _inside(times, content["speech"]), np.interp(times, middles, values)


def _inside(times: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """Return whether each time lies in one of several sorted, disjoint regions."""
    starts, ends = regions.T
    return np.searchsorted(starts, times, side="right") > np.searchsorted(ends, times, side="right")
