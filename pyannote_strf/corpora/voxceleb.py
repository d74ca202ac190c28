"""VoxCeleb: celebrities in videos, with the trials of VoxCeleb1.

VoxCeleb1 and VoxCeleb2 contain utterances of 1,251 and 6,112 speakers at 16 kHz, cut out of
interviews on YouTube.

- Download: https://www.robots.ox.ac.uk/~vgg/data/voxceleb/
- Licence: CC BY 4.0 for the metadata. The copyright of the videos, and so of the audio, remains
  with their owners.
- Splits: the protocols `VoxCeleb1` and `VoxCeleb2` train on VoxCeleb1 dev (1,211 speakers) and
  VoxCeleb2 dev (5,994 speakers). Both test on the trials of VoxCeleb1 (`veri_test.txt`, 40
  speakers). There is no development subset.
- Annotation: recordings are named `{speaker}/{video}/{utterance}`. The speaker is active
  throughout.

References
----------
A. Nagrani, J. S. Chung and A. Zisserman, "VoxCeleb: a large-scale speaker identification dataset",
Interspeech 2017.
J. S. Chung, A. Nagrani and A. Zisserman, "VoxCeleb2: deep speaker recognition", Interspeech 2018.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyannote.core import Annotation

from pyannote_strf.corpora.recipe import Recipe, full_extent
from pyannote_strf.corpora.search import (
    SUFFIXES,
    Corpus,
    add_recording,
    at_most_one,
    not_found,
)
from pyannote_strf.database.lines import check_lines
from pyannote_strf.files import iter_files
from pyannote_strf.protocols import FOLDER, read_definition

# test speakers of VoxCeleb1, whose names begin with E
TEST_SPEAKERS = range(10270, 10310)
SPEAKER_FOLDER = re.compile(r"id(\d{5})")


def find(folder: Path) -> Corpus:
    """Find VoxCeleb1, the trials of its test set, and optionally VoxCeleb2 dev.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If the test set or the trials are missing, exist twice, or are malformed.
    """
    utterances: dict[str, dict[str, Path]] = {
        "VoxCeleb1.dev": {},
        "VoxCeleb2.dev": {},
        "VoxCeleb1.test": {},
    }
    all_trials = set()
    for path in iter_files(folder):
        if path.name == "veri_test.txt":
            all_trials.add(path)
        if path.suffix not in SUFFIXES:
            continue
        speaker = SPEAKER_FOLDER.fullmatch(path.parent.parent.name)
        if speaker is None:
            continue
        root = path.parent.parent.parent
        number = int(speaker[1])
        second = number < 10000
        if second and "test" in root.relative_to(folder).parts:
            continue
        subset = "test" if number in TEST_SPEAKERS else "dev"
        name = str(path.relative_to(root).with_suffix(""))
        add_recording(utterances[f"VoxCeleb{2 if second else 1}.{subset}"], name, path)
    names = {
        subset: sorted("/".join(path.parts[-3:]) for path in found.values())
        for subset, found in utterances.items()
    }
    roots = {path.parents[2] for found in utterances.values() for path in found.values()}
    trials = at_most_one(all_trials, "VoxCeleb1's trials")
    if not names["VoxCeleb1.test"]:
        raise not_found(folder, "VoxCeleb1's test set", "id10270/{video}/{utterance}.wav and so on")
    if trials is None:
        raise not_found(
            folder, "VoxCeleb1's trials", "veri_test.txt: download it from the VoxCeleb web site"
        )
    if problem := next(check_lines(trials), None):
        raise ValueError(problem)

    (protocols,) = read_definition("voxceleb").values()
    for name in ("VoxCeleb1", "VoxCeleb2"):
        protocol = protocols["SpeakerVerification"][name]
        protocol["test"]["trial"] = str(trials)
        if not names[f"{name}.dev"]:
            del protocol["train"]
    if not names["VoxCeleb2.dev"]:
        del protocols["SpeakerVerification"]["VoxCeleb2"]
    return Corpus(
        folder,
        databases={"VoxCeleb": [f"{root}/{{uri}}" for root in sorted(roots)]},
        lists={f"voxceleb/{name}.lst": uris for name, uris in names.items() if uris},
        recipes=tuple(f"voxceleb/{path.name}" for path in (FOLDER / "voxceleb").iterdir()),
        protocols={"VoxCeleb": protocols},
    )


class VoxCelebLoader:
    """Load annotation of VoxCeleb (".voxceleb").

    The speaker is the first part of the name of a recording, and is active throughout.

    Parameters
    ----------
    path : Path
        Recipe, without options.
    """

    def __init__(self, path: Path):
        Recipe.read(path)

    def __call__(self, file: Mapping[str, Any]) -> Annotation:
        """Return the annotation of one recording.

        Raises
        ------
        ValueError
            If the name of the recording is not of the form speaker/video/utterance.
        """
        speaker, _, recording = file["uri"].partition("/")
        if not recording:
            raise ValueError(f"{file['uri']!r}: expected speaker/video/utterance")
        annotated = file["annotated"] if "annotated" in file else full_extent(file)
        annotation = Annotation(uri=file["uri"])
        for segment in annotated:
            annotation[segment] = speaker
        return annotation
