"""SONYC-UST v2: sounds of New York, 8 coarse or 23 fine labels.

SONYC-UST holds 18,510 clips of 10 seconds at 48 kHz, of acoustic sensors in streets. It is the
corpus of task 5 of DCASE 2020.

- Download: https://zenodo.org/records/3966543 (version 2.3). Version 2.2 has other folders of
  audio, and serves as well.
- Licence: CC BY 4.0.
- Protocols: `SONYC.Protocol.Coarse` and `SONYC.Protocol.Fine` train on "train" and test on "test".
  The verified clips of "validate" are the development subset. Labels are the official targets. In
  "train", a label is positive if one volunteer or more annotates it. In the others, labels are
  those that the authors agreed on.
- Labels: Columns "{label}_presence" of `annotations.csv`, e.g. "1_engine" and
  "1-1_small-sounding-engine". Labels that were not annotated (-1) are unknown. In six coarse
  categories, annotators may say that the fine label is uncertain (column
  "1-X_engine-of-uncertain-size_presence" and so on). Then all fine labels of the category are
  unknown in "train", as in the loss of the official baseline. In the other subsets, those that are
  not positive are unknown.

References
----------
M. Cartwright et al., "SONYC-UST-V2: An Urban Sound Tagging Dataset with Spatiotemporal Context",
DCASE 2020.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pyannote_strf.corpora.clips import clip_protocols, several_labels, without_audio
from pyannote_strf.corpora.search import Corpus, find_file, find_recordings, not_found, templates
from pyannote_strf.corpora.tables import read_table, wav_name, wrong_field
from pyannote_strf.metrics.sonyc import COARSE, FINE

# labels of sounds whose fine label is uncertain
INCOMPLETE = (
    *("1-X_engine-of-uncertain-size", "2-X_other-unknown-impact-machinery"),
    *("4-X_other-unknown-powered-saw", "5-X_other-unknown-alert-signal"),
    *("6-X_music-from-uncertain-source", "7-X_other-unknown-human-voice"),
)

LABELS = (*COARSE, *FINE, *INCOMPLETE)
COLUMNS = tuple(f"{label}_presence" for label in LABELS)

SUBSETS = {"train": "train", "validate": "development", "test": "test"}
VALUES = {"1": 1, "0": 0, "-1": -1}

# of the agreed labels; numbers of volunteers are above, those of the authors below
AGREED = 0


class Clip(NamedTuple):
    """Annotation of a clip.

    Attributes
    ----------
    subset : str
    labels : (label,) array of int
        1, 0, or -1 if unknown, for each of `LABELS`.
    """

    subset: str
    labels: np.ndarray


def find(folder: Path) -> Corpus:
    """Find clips in a copy of SONYC-UST.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If annotations are missing or malformed, there are no clips, or two copies of one.
    """
    clips = read_annotations(find_file(folder, "annotations.csv", "SONYC-UST", "annotations.csv"))
    recordings = find_recordings(folder, clips.keys())
    if not recordings:
        raise not_found(folder, "clips", "audio/00_000066.wav, audio-0/00_000066.wav, and so on")
    split = {
        subset: [name for name, clip in clips.items() if clip.subset == subset]
        for subset in SUBSETS.values()
    }
    lists: dict[str, list[str]] = {}
    protocols = {}
    for protocol, labels in (("Coarse", COARSE), ("Fine", FINE)):
        tags = several_labels(labels, {name: _known(clip, labels) for name, clip in clips.items()})
        found = clip_protocols(f"sonyc/{protocol.lower()}", {protocol: split}, tags)
        lists.update(found.lists)
        protocols.update(found.protocols)
    missing = [f"{name}.wav" for name in clips if name not in recordings]
    return Corpus(
        folder,
        databases={"SONYC": templates(recordings, folder)},
        lists=lists,
        protocols={"SONYC": {"Protocol": protocols}},
        notes=tuple(without_audio("SONYC", len(clips), missing)),
    )


def read_annotations(path: Path) -> Mapping[str, Clip]:
    """Read the official targets of clips. Clips without any are left out.

    Parameters
    ----------
    path : Path
        File `annotations.csv`, with one row for each annotator of each clip.

    Returns
    -------
    clips : mapping of str to Clip

    Raises
    ------
    ValueError
        If the file is malformed. The message names the file, the line and the column.
    """
    clips: dict[str, Clip] = {}
    rows = read_table(path, ("split", "audio_filename", "annotator_id", *COLUMNS))
    for line, (part, file, annotator, *fields) in rows:
        name = wav_name(path, line, "audio_filename", file)
        if part not in SUBSETS:
            raise wrong_field(path, line, "split", f"{part!r} is not train, validate or test")
        try:
            number = int(annotator)
        except ValueError:
            raise wrong_field(
                path, line, "annotator_id", f"{annotator!r} is not a number"
            ) from None
        if number > AGREED if part == "train" else number == AGREED:
            labels = _presence(path, line, fields)
            known = clips.setdefault(name, Clip(SUBSETS[part], labels))
            if known.subset != SUBSETS[part]:
                problem = f"{name!r} is both in {known.subset} and in {SUBSETS[part]}"
                raise wrong_field(path, line, "split", problem)
            np.maximum(known.labels, labels, out=known.labels)
    return clips


def _presence(path: Path, line: int, fields: list[str]) -> np.ndarray:
    try:
        return np.array([VALUES[field] for field in fields], dtype=np.int8)
    except KeyError:
        column, field = next(each for each in zip(COLUMNS, fields) if each[1] not in VALUES)
        problem = f"{field!r} is not 1, 0 or -1"
        raise wrong_field(path, line, column, problem) from None


def _known(clip: Clip, labels: tuple[str, ...]) -> list[bool | None]:
    """Return whether a clip has some labels, or None where this is unknown."""
    presence = dict(zip(LABELS, clip.labels.tolist()))
    uncertain = {label[0] for label in INCOMPLETE if presence[label] == 1}
    known: list[bool | None] = []
    for label in labels:
        value = {1: True, 0: False}.get(presence[label])
        if "-" in label.partition("_")[0] and label[0] in uncertain:
            value = True if value and clip.subset != "train" else None
        known.append(value)
    return known
