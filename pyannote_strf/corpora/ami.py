"""AMI manual annotation, as distributed (NXT)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException
from defusedxml import sax as defused_sax
from pyannote.core import Annotation

from pyannote_strf.corpora.recipe import corpus_folder, read_recipe
from pyannote_strf.corpora.regions import speech_regions

ANNOTATION = "AMI-annotation"
WORD, VOCAL_SOUND, SPEAKER, MEETING = "w", "vocalsound", "speaker", "meeting"


class AMILoader:
    """Loader of AMI's words (".ami").

    Reads `words/{meeting}.{A..E}.words.xml` and `corpusResources/meetings.xml` in the folder that
    section `Databases` of `database.yml` calls "AMI-annotation". Speakers are the participants'
    global names. Punctuation, words without times, disfluency markers, and sounds that are
    not made by a voice are not speech. A participant without words is warned about.

    Parameters
    ----------
    path : Path
        Recipe, with options `vocal_sounds` (whether laughs, coughs and the like are speech; defaults
        to false) and `gap` (see :func:`~pyannote_strf.corpora.regions.speech_regions`; defaults
        to 0).

    Raises
    ------
    FileNotFoundError
        If the folder, or annotation of a meeting, is missing.
    ValueError
        If a file is malformed. The message names the file and the line.
    """

    def __init__(self, path: Path):
        self.options = read_recipe(path, {"vocal_sounds": False, "gap": 0.0})

    def __call__(self, file: Mapping) -> Annotation:
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
                    f"{meetings}: no speaker {letter!r} in meeting {meeting!r}, though there is "
                    f"{path.name}"
                )
            spoken = read_words(path, self.options["vocal_sounds"])
            if not spoken:
                warnings.warn(f"{path}: no words", stacklevel=2)
            words += [(speakers[letter], start, end) for start, end in spoken]
        if absent := sorted(set(speakers) - {path.name.split(".")[1] for path in paths}):
            warnings.warn(
                f"no words of speakers {', '.join(absent)} in {folder / 'words'}, though {meetings} "
                "has them",
                stacklevel=2,
            )
        return speech_regions(words, self.options["gap"], file["uri"])


def read_words(path: Path, vocal_sounds: bool = False) -> list[tuple[float, float]]:
    """Start and end of each word of one speaker, in seconds.

    Parameters
    ----------
    path : Path
        `{meeting}.{letter}.words.xml`.
    vocal_sounds : bool, optional
        Include laughs, coughs and the like. Defaults to False.
    """
    spoken = (WORD, VOCAL_SOUND) if vocal_sounds else (WORD,)
    words = []

    def collect(name: str, attributes: AttributesImpl) -> None:
        if name not in spoken or attributes.get("punc") == "true":
            return
        times = [attributes.get(edge) for edge in ("starttime", "endtime")]
        if None in times:
            return
        start, end = map(float, times)
        if not 0 <= start <= end < float("inf"):
            raise ValueError(f"a word from {times[0]} to {times[1]} s")
        words.append((start, end))

    _read_xml(path, collect)
    return words


@lru_cache(maxsize=8)
def read_participants(path: Path) -> dict[str, dict[str, str]]:
    """Global names of participants, by meeting, then by letter.

    Parameters
    ----------
    path : Path
        `corpusResources/meetings.xml`.
    """
    participants: dict[str, dict[str, str]] = {}
    meeting = None

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
    """Call `collect` with every element. Its errors come with the file and the line."""

    class Handler(ContentHandler):
        line = 1

        def startElement(self, name, attrs):
            self.line = self._locator.getLineNumber()
            try:
                collect(name, attrs)
            except KeyError as error:
                raise ValueError(f"<{name}> without {error}") from None

    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
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
