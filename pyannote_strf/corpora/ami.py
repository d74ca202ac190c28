"""AMI: meetings, headset mix and first array microphone, with manual annotation (NXT).

The AMI Meeting Corpus contains 100 hours of meetings in English, most of four participants, in
three rooms, at 16 kHz.

- Download: https://groups.inf.ed.ac.uk/ami/download/, audio and version 1.6.2 of the manual
  annotation.
- Licence: CC BY 4.0.
- Microphones: `Mix-Headset`, the mix of all headsets (database "AMI"), and `Array1-01`, the first
  microphone of the first array (database "AMI-SDM", single distant microphone).
- Splits: `MixHeadset` has 118 / 26 / 24 meetings (train / development / test), as in the tutorials
  of pyannote.audio 1.1. `only_words` has 136 / 18 / 16 meetings, the partition "full-corpus-ASR" of
  the AMI web site.
- Annotation: times of words, by participant, from `words/*.words.xml`. :class:`AMIRecipe` says what
  counts as speech.

References
----------
J. Carletta et al., "The AMI meeting corpus: a pre-announcement", MLMI 2005.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml import sax as defused_sax
from pyannote.core import Annotation

from pyannote_strf.corpora.recipe import Recipe, corpus_folder
from pyannote_strf.corpora.regions import Gap, speech_regions
from pyannote_strf.corpora.search import (
    Corpus,
    add_recording,
    at_most_one,
    not_found,
    templates,
)
from pyannote_strf.files import iter_files

ANNOTATION = "AMI-annotation"
WORD, VOCAL_SOUND, SPEAKER, MEETING = "w", "vocalsound", "speaker", "meeting"


def find(folder: Path) -> Corpus:
    """Find headset mixes, recordings of the first array microphone, and manual annotation.

    Files are recognised by their names, so the folder structure does not matter: recordings may
    be in `{meeting}/audio/`, as the download script of the corpus writes them, or in one folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If recordings or annotation are missing, or exist twice.
    """
    mixes: dict[str, Path] = {}
    arrays: dict[str, Path] = {}
    annotations = set()
    for path in iter_files(folder):
        meeting = path.name.partition(".")[0]
        if path.name == f"{meeting}.Mix-Headset.wav":
            add_recording(mixes, meeting, path)
        elif path.name == f"{meeting}.Array1-01.wav":
            add_recording(arrays, meeting, path)
        elif path.name.endswith(".words.xml") and path.parent.name == "words":
            annotations.add(path.parent.parent)
    if not mixes and not arrays:
        raise not_found(folder, "AMI", "{meeting}.Mix-Headset.wav or {meeting}.Array1-01.wav")
    annotation = at_most_one(annotations, "AMI's manual annotation")
    if annotation is None or not (annotation / "corpusResources" / "meetings.xml").is_file():
        raise not_found(
            folder,
            "AMI's manual annotation",
            "words/{meeting}.{A..E}.words.xml with corpusResources/meetings.xml: unzip "
            "ami_public_manual_1.6.2.zip there",
        )
    # recordings are named {meeting}.Mix-Headset in "MixHeadset", and {meeting} in "only_words"
    by_meeting = templates(mixes, folder)
    by_name = {str(Path(mix).parent).replace("{uri}", "*") + "/{uri}.wav" for mix in by_meeting}
    databases = {
        "AMI": sorted({*by_meeting, *by_name}),
        "AMI-SDM": templates(arrays, folder),
        ANNOTATION: [str(annotation)],
    }
    return Corpus(folder, {name: paths for name, paths in databases.items() if paths})


class AMIRecipe(Recipe):
    """Options of `.ami` recipes.

    Attributes
    ----------
    vocal_sounds : bool
        Whether vocal sounds, such as laughs and coughs, count as speech. Defaults to False.
    gap : float
        Pauses shorter than this, in seconds, count as speech. Defaults to 0. See
        :func:`~pyannote_strf.corpora.regions.speech_regions`.
    """

    vocal_sounds: bool = False
    gap: Gap = 0.0


class AMILoader:
    """Load annotation of AMI (".ami").

    The loader reads `words/{meeting}.{A..E}.words.xml` and `corpusResources/meetings.xml` from the
    folder named "AMI-annotation" in section `Databases` of `database.yml`. Speakers are named by
    the global names of participants. Punctuation, words without times, disfluency markers and
    non-vocal sounds do not count as speech. A participant without words causes a warning.

    Parameters
    ----------
    path : Path
        Recipe, with the options of :class:`AMIRecipe`.
    """

    def __init__(self, path: Path):
        self.recipe = AMIRecipe.read(path)

    def __call__(self, file: Mapping[str, Any]) -> Annotation:
        """Load the annotation of one meeting.

        Parameters
        ----------
        file : mapping
            Protocol file. The part of its "uri" before the first dot is the name of the meeting.

        Returns
        -------
        annotation : Annotation

        Raises
        ------
        FileNotFoundError
            If the folder, or annotation of the meeting, is missing.
        ValueError
            If a file is malformed. The message names the file and the line.
        """
        meeting = file["uri"].partition(".")[0]
        folder = corpus_folder(ANNOTATION, "AMI")
        paths = sorted((folder / "words").glob(f"{meeting}.*.words.xml"))
        if not paths:
            raise FileNotFoundError(f"no {meeting}.*.words.xml in {folder / 'words'}")
        meetings = folder / "corpusResources" / "meetings.xml"
        speakers = read_participants(meetings).get(meeting, {})
        words = []
        for path in paths:
            letter = path.name.split(".")[1]
            if letter not in speakers:
                raise ValueError(
                    f"{meetings}: no speaker {letter!r} in meeting {meeting!r}, but {path.name} "
                    "exists"
                )
            spoken = read_words(path, self.recipe.vocal_sounds)
            if not spoken:
                warnings.warn(f"{path}: no words", stacklevel=2)
            words += [(speakers[letter], start, end) for start, end in spoken]
        if absent := sorted(set(speakers) - {path.name.split(".")[1] for path in paths}):
            warnings.warn(
                f"no words of speakers {', '.join(absent)} in {folder / 'words'}, but {meetings} "
                "lists them",
                stacklevel=2,
            )
        return speech_regions(words, self.recipe.gap, file["uri"])


def read_words(path: Path, vocal_sounds: bool = False) -> list[tuple[float, float]]:
    """Read the start and end of each word of one speaker.

    Parameters
    ----------
    path : Path
        `{meeting}.{letter}.words.xml`.
    vocal_sounds : bool, optional
        Include vocal sounds, such as laughs and coughs. Defaults to False.

    Returns
    -------
    words : list of (float, float)
        Start and end times, in seconds.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is malformed. The message names the line.
    """
    spoken = (WORD, VOCAL_SOUND) if vocal_sounds else (WORD,)
    words = []

    def collect(name: str, attributes: AttributesImpl) -> None:
        if name not in spoken or attributes.get("punc") == "true":
            return
        first, last = (attributes.get(edge) for edge in ("starttime", "endtime"))
        if first is None or last is None:
            return
        start, end = float(first), float(last)
        if not 0 <= start <= end < float("inf"):
            raise ValueError(f"a word from {first} to {last} s")
        words.append((start, end))

    _read_xml(path, collect)
    return words


@lru_cache(maxsize=8)
def read_participants(path: Path) -> dict[str, dict[str, str]]:
    """Read the global names of participants.

    Parameters
    ----------
    path : Path
        `corpusResources/meetings.xml`.

    Returns
    -------
    participants : dict of str to dict of str to str
        Global names by meeting, then by letter.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is malformed. The message names the line.
    """
    participants: dict[str, dict[str, str]] = {}
    meeting = ""

    def collect(name: str, attributes: AttributesImpl) -> None:
        nonlocal meeting
        if name == MEETING:
            meeting = attributes["observation"]
        elif name == SPEAKER:
            participants.setdefault(meeting, {})[attributes["nxt_agent"]] = attributes[
                "global_name"
            ]

    _read_xml(path, collect)
    return participants


def _read_xml(path: Path, collect: Callable[[str, AttributesImpl], None]) -> None:
    """Call `collect` with every element, and add the file and the line to its errors."""

    class Handler(ContentHandler):
        line: int | None = 1
        _locator: Locator

        def startElement(self, name: str, attrs: AttributesImpl) -> None:
            self.line = self._locator.getLineNumber()
            try:
                collect(name, attrs)
            except KeyError as error:
                raise ValueError(f"<{name}> without {error}") from None

    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    handler = Handler()
    try:
        defused_sax.parse(str(path), handler)
    except DefusedXmlException as error:
        raise ValueError(f"{path}: refused, it declares entities ({error})") from None
    except SAXParseException as error:
        raise ValueError(
            f"{path}, line {error.getLineNumber()}: not XML ({error.getMessage()})"
        ) from None
    except ValueError as error:
        raise ValueError(f"{path}, line {handler.line}: {error}") from None
