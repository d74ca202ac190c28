"""CHiME-5: dinner parties, first channel of the first array, with transcriptions (JSON).

CHiME-5 contains 50 hours of 20 dinner parties of four friends each, in 20 homes, recorded at 16 kHz
by six arrays of four microphones and by binaural microphones. CHiME-6 contains the same parties,
with the clocks of devices aligned.

- Download: https://www.chimechallenge.org/challenges/chime5/data, or
  https://www.openslr.org/150/ for CHiME-6.
- Licence: CHiME-5 has a licence of its own, see the page of the download. OpenSLR distributes
  CHiME-6 under CC BY-SA 4.0.
- Microphones: channel 1 of array U01, `{session}_U01.CH1.wav`.
- Splits: 16 / 2 / 2 parties. The subsets train, dev and eval of the corpus are train, development
  and test here.
- Annotation: times of utterances, by speaker, on the clock of one device. Times may be given per
  device (CHiME-5) or once (CHiME-6). Redacted utterances are not scored.

References
----------
J. Barker, S. Watanabe, E. Vincent and J. Trmal, "The fifth 'CHiME' speech separation and
recognition challenge: dataset, task and baselines", Interspeech 2018.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pyannote.core import Annotation, Segment, Timeline

from pyannote_strf.corpora.recipe import Recipe, corpus_folder, full_extent
from pyannote_strf.corpora.regions import Gap, speech_regions
from pyannote_strf.corpora.search import (
    Corpus,
    add_recording,
    at_most_one,
    not_found,
    templates,
)
from pyannote_strf.files import iter_files

ANNOTATION = "CHiME5-annotation"
REDACTED = "[redacted]"
SUBSETS = ("train", "dev", "eval")
CLOCK = re.compile(r"(\d+):([0-5]\d):([0-5]\d(?:\.\d+)?)")


def find(folder: Path) -> Corpus:
    """Find recordings of the first channel of the first array, and transcriptions.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If recordings or transcriptions are missing, or exist twice.
    """
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
    paths = sorted(set(map(in_any_subset, templates(recordings, folder))))
    return Corpus(folder, {"CHiME5": paths, ANNOTATION: [str(transcribed)]})


def in_any_subset(recording: str) -> str:
    """Replace the folder of a subset with a wildcard.

    >>> in_any_subset("/CHiME5/audio/dev/{uri}_U01.CH1.wav")
    '/CHiME5/audio/*/{uri}_U01.CH1.wav'
    """
    path = Path(recording)
    if path.parent.name in SUBSETS:
        return str(path.parent.parent / "*" / path.name)
    return recording


class Utterance(NamedTuple):
    """One utterance.

    Attributes
    ----------
    speaker : str
    start, end : float
        In seconds.
    redacted : bool
        Whether its audio was removed for privacy.
    """

    speaker: str
    start: float
    end: float
    redacted: bool


class CHiME5Recipe(Recipe):
    """Options of `.chime5` recipes.

    Attributes
    ----------
    device : str
        Device whose clock times are read. Defaults to "U01".
    gap : float
        Pauses shorter than this, in seconds, count as speech. Defaults to 0. See
        :func:`~pyannote_strf.corpora.regions.speech_regions`.
    returns : {"annotation", "annotated"}
        What to load: speaker turns (default), or the scored part of the recording, which is all
        of it except redacted utterances.
    """

    device: str = "U01"
    gap: Gap = 0.0
    returns: Literal["annotation", "annotated"] = "annotation"


class CHiME5Loader:
    """Load annotation of CHiME-5 (".chime5").

    The loader reads `{session}.json` from the folder named "CHiME5-annotation" in section
    `Databases` of `database.yml`, or from one of its subfolders.

    Parameters
    ----------
    path : Path
        Recipe, with the options of :class:`CHiME5Recipe`.
    """

    def __init__(self, path: Path):
        self.recipe = CHiME5Recipe.read(path)

    def __call__(self, file: Mapping[str, Any]) -> Annotation | Timeline:
        """Load the annotation, or the scored part, of one session.

        Parameters
        ----------
        file : mapping
            Protocol file. Its "uri" is the name of the session.

        Returns
        -------
        loaded : Annotation or Timeline

        Raises
        ------
        FileNotFoundError
            If the folder, or the transcription of the session, is missing.
        ValueError
            If the transcription is malformed. The message names the file, and the line or the
            utterance.
        """
        folder = corpus_folder(ANNOTATION, "CHiME5")
        name = f"{file['uri']}.json"
        path = next(iter([*folder.glob(name), *folder.glob(f"*/{name}")]), None)
        if path is None:
            raise FileNotFoundError(f"no {name} in {folder} or its subfolders")
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
        `{session}.json`, in which times are given per device (CHiME-5) or as a single string
        (CHiME-6).
    device : str, optional
        Defaults to "U01".

    Returns
    -------
    utterances : list of Utterance

    Raises
    ------
    ValueError
        If the file is malformed. The message names the file, and the line or the utterance.
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
            # some redacted utterances have no speaker
            speaker = "" if redacted else entry["speaker"]
            if not isinstance(speaker, str):
                raise ValueError(f"speaker is {speaker!r}")
            utterances.append(Utterance(speaker, start, end, redacted))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else error
            raise ValueError(f"{path}, utterance {number}: {reason}") from None
    return utterances


def seconds(time: str | Mapping[str, str], device: str) -> float:
    """Convert a time such as "1:02:03.45" to seconds.

    Parameters
    ----------
    time : str or mapping of str to str
        Time, or times by device.
    device : str
        Device whose time to convert, if there are several.

    Returns
    -------
    seconds : float

    Examples
    --------
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
