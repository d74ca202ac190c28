"""CHiME-5: dinner parties through the first array, and their transcriptions (JSON)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from pyannote.core import Annotation, Segment, Timeline

from pyannote_strf.corpora.folders import (
    Corpus,
    add_recording,
    at_most_one,
    corpus_root,
    iter_files,
    not_found,
    templates,
)
from pyannote_strf.corpora.recipe import Recipe, corpus_folder, full_extent
from pyannote_strf.corpora.regions import Gap, speech_regions

ANNOTATION = "CHiME5-annotation"
REDACTED = "[redacted]"
SUBSETS = ("train", "dev", "eval")
CLOCK = re.compile(r"(\d+):([0-5]\d):([0-5]\d(?:\.\d+)?)")


def find(folder: Path) -> Corpus:
    """Find first channels of the first arrays, and transcriptions."""
    folder = corpus_root(folder)
    recordings: dict[str, Path] = {}
    transcriptions = set()
    for path in iter_files(folder):
        if match := re.fullmatch(r"(S\d\d)_U01\.CH1\.wav", path.name):
            add_recording(recordings, match[1], path)
        elif re.fullmatch(r"S\d\d\.json", path.name):
            parent = path.parent
            transcriptions.add(parent.parent if parent.name in SUBSETS else parent)
    if not recordings:
        raise not_found(folder, "CHiME-5", "{session}_U01.CH1.wav")
    transcribed = at_most_one(transcriptions, "CHiME-5's transcriptions")
    if transcribed is None:
        raise not_found(folder, "CHiME-5's transcriptions", "{session}.json")
    paths = sorted(set(map(in_subset, templates(recordings, folder))))
    return Corpus(folder, {"CHiME5": paths, ANNOTATION: [str(transcribed)]})


def in_subset(recording: str) -> str:
    """Replace the folder of a subset by a wildcard.

    >>> in_subset("/CHiME5/audio/dev/{uri}_U01.CH1.wav")
    '/CHiME5/audio/*/{uri}_U01.CH1.wav'
    """
    path = Path(recording)
    if path.parent.name in SUBSETS:
        return str(path.parent.parent / "*" / path.name)
    return recording


class Utterance(NamedTuple):
    """One utterance: who, from when to when (seconds), and whether its audio was removed."""

    speaker: str
    start: float
    end: float
    redacted: bool


class CHiME5Recipe(Recipe):
    """Options of `.chime5` recipes.

    Attributes
    ----------
    device : str
        Whose clock counts. Defaults to "U01".
    gap : float
        See :func:`~pyannote_strf.corpora.regions.speech_regions`. Defaults to 0.
    returns : {"annotation", "annotated"}
        Who spoke when (default), or the recording without its redacted utterances.
    """

    device: str = "U01"
    gap: Gap = 0.0
    returns: Literal["annotation", "annotated"] = "annotation"


class CHiME5Loader:
    """Loader of CHiME-5 utterances (".chime5").

    Reads `{session}.json` in the folder that section `Databases` of `database.yml` calls
    "CHiME5-annotation", or in a folder within it.

    Parameters
    ----------
    path : Path
        Recipe, with the options of :class:`CHiME5Recipe`.

    Raises
    ------
    FileNotFoundError
        If the folder, or the transcription of a session, is missing.
    ValueError
        If a file is malformed. The message names the file, and the line or utterance.
    """

    def __init__(self, path: Path):
        self.recipe = CHiME5Recipe.read(path)

    def __call__(self, file: Mapping) -> Annotation | Timeline:
        folder = corpus_folder(ANNOTATION, "CHiME5")
        name = f"{file['uri']}.json"
        path = next(iter([*folder.glob(name), *folder.glob(f"*/{name}")]), None)
        if path is None:
            raise FileNotFoundError(f"no {name} in {folder}, nor in a folder within it")
        utterances = read_utterances(path, self.recipe.device)
        if self.recipe.returns == "annotated":
            redacted = Timeline(Segment(u.start, u.end) for u in utterances if u.redacted)
            return Timeline(redacted.gaps(support=full_extent(file)), uri=file["uri"])
        words = [(u.speaker, u.start, u.end) for u in utterances if not u.redacted]
        return speech_regions(words, self.recipe.gap, file["uri"])


def read_utterances(path: Path, device: str = "U01") -> list[Utterance]:
    """Read utterances of one session, on the clock of one device.

    Parameters
    ----------
    path : Path
        `{session}.json`, in which times are given per device, or as a single string.
    device : str, optional
        Defaults to "U01".
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}, line {error.lineno}: not JSON ({error.msg})") from None
    except RecursionError:
        raise ValueError(f"{path}: nested too deeply") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
    if not isinstance(content, list):
        raise ValueError(f"{path}: expected a list of utterances")
    utterances = []
    for number, entry in enumerate(content, start=1):
        try:
            start, end = (seconds(entry[edge], device) for edge in ("start_time", "end_time"))
            if end < start:
                raise ValueError(f"ends at {end:.2f} s, before it starts, at {start:.2f} s")
            redacted = entry["words"].strip().lower() == REDACTED
            # nobody is named as the speaker of some redacted utterances
            speaker = "" if redacted else entry["speaker"]
            if not isinstance(speaker, str):
                raise ValueError(f"speaker is {speaker!r}")
            utterances.append(Utterance(speaker, start, end, redacted))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else error
            raise ValueError(f"{path}, utterance {number}: {reason}") from None
    return utterances


def seconds(time: str | Mapping[str, str], device: str) -> float:
    """Convert a time such as "1:02:03.45", or a device's among several, to seconds.

    >>> seconds("0:01:30.50", "U01")
    90.5
    >>> seconds({"original": "0:01:30.50", "U01": "0:01:31.00"}, "U01")
    91.0
    """
    if isinstance(time, Mapping):
        time = time[device]
    match = CLOCK.fullmatch(time.strip())
    if match is None:
        raise ValueError(f"{time!r} is not a time (H:MM:SS.ss)")
    hours, minutes, rest = match.groups()
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)
