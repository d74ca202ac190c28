"""AMI: meetings through headsets and the first microphone, and their manual annotation (NXT)."""

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

from pyannote_strf.corpora.folders import (
    Corpus,
    add_recording,
    at_most_one,
    corpus_root,
    iter_files,
    not_found,
    templates,
)
from pyannote_strf.corpora.recipe import Recipe, corpus_folder
from pyannote_strf.corpora.regions import Gap, speech_regions

ANNOTATION = "AMI-annotation"
WORD, VOCAL_SOUND, SPEAKER, MEETING = "w", "vocalsound", "speaker", "meeting"


def find(folder: Path) -> Corpus:
    """Find headset mixes, first microphones of the first arrays, and manual annotation.

    Any folders will do: `{meeting}/audio/`, as the corpus's download script leaves them, all
    recordings in one, and so on.
    """
    folder = corpus_root(folder)
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
    # recordings of "MixHeadset" are called {meeting}.Mix-Headset, those of "only_words" {meeting}
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
        Whether laughs, coughs and the like are speech. Defaults to False.
    gap : float
        See :func:`~pyannote_strf.corpora.regions.speech_regions`. Defaults to 0.
    """

    vocal_sounds: bool = False
    gap: Gap = 0.0


class AMILoader:
    """Loader of AMI's words (".ami").

    Reads `words/{meeting}.{A..E}.words.xml` and `corpusResources/meetings.xml` in the folder that
    section `Databases` of `database.yml` calls "AMI-annotation". Speakers are the participants'
    global names. Punctuation, words without times, disfluency markers, and sounds that are
    not made by a voice are not speech. A participant without words is warned about.

    Parameters
    ----------
    path : Path
        Recipe, with the options of :class:`AMIRecipe`.

    Raises
    ------
    FileNotFoundError
        If the folder, or annotation of a meeting, is missing.
    ValueError
        If a file is malformed. The message names the file and the line.
    """

    def __init__(self, path: Path):
        self.recipe = AMIRecipe.read(path)

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
            spoken = read_words(path, self.recipe.vocal_sounds)
            if not spoken:
                warnings.warn(f"{path}: no words", stacklevel=2)
            words += [(speakers[letter], start, end) for start, end in spoken]
        if absent := sorted(set(speakers) - {path.name.split(".")[1] for path in paths}):
            warnings.warn(
                f"no words of speakers {', '.join(absent)} in {folder / 'words'}, though "
                f"{meetings} has them",
                stacklevel=2,
            )
        return speech_regions(words, self.recipe.gap, file["uri"])


def read_words(path: Path, vocal_sounds: bool = False) -> list[tuple[float, float]]:
    """Read start and end of each word of one speaker, in seconds.

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
    """Read global names of participants, by meeting, then by letter.

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
