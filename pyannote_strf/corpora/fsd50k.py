"""FSD50K: sound events, 200 classes.

FSD50K holds 51,197 clips of 0.3 to 30 seconds at 44.1 kHz, with one or more of 200 classes of
AudioSet each.

- Download: https://zenodo.org/records/4060432
- Licence: CC BY 4.0. `FSD50K.metadata` gives the licence of each clip.
- Protocols: `FSD50K.Protocol.Official` trains on part "train" of the development set (36,796
  clips) and tests on the evaluation set (10,231 clips). Part "val" of the development set (4,170
  clips) is the development subset.
- Labels: As in `vocabulary.csv`, e.g. "Electric_guitar". Clips have the labels of parent classes
  too. All labels are known, though those of the development set may be incomplete.

References
----------
E. Fonseca, X. Favory, J. Pons, F. Font and X. Serra, "FSD50K: An Open Dataset of Human-Labeled
Sound Events", IEEE/ACM TASLP 30, 2022.
"""

from __future__ import annotations

from pathlib import Path

from pyannote_strf.corpora.clips import clip_protocols, several_labels, without_audio
from pyannote_strf.corpora.search import Corpus, find_file, find_recordings, not_found, templates
from pyannote_strf.corpora.tables import read_table, wrong_field
from pyannote_strf.messages import did_you_mean
from pyannote_strf.tags import check_label

SUBSETS = {"train": "train", "val": "development"}


def find(folder: Path) -> Corpus:
    """Find clips in a copy of FSD50K.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If metadata are missing or malformed, there are no clips, or two copies of one.
    """
    paths = {
        name: find_file(folder, f"{name}.csv", "FSD50K", f"FSD50K.ground_truth/{name}.csv")
        for name in ("vocabulary", "dev", "eval")
    }
    classes = _classes(paths["vocabulary"])
    labels: dict[str, list[bool | None]] = {}
    split: dict[str, list[str]] = {"train": [], "development": [], "test": []}
    _read(paths["dev"], ("fname", "labels", "split"), classes, labels, split)
    _read(paths["eval"], ("fname", "labels"), classes, labels, split)
    recordings = find_recordings(folder, labels.keys())
    if not recordings:
        raise not_found(folder, "clips", "FSD50K.dev_audio/64760.wav, and so on")
    lists, protocols = clip_protocols(
        "fsd50k", {"Official": split}, several_labels(list(classes), labels)
    )
    missing = [f"{name}.wav" for name in labels if name not in recordings]
    return Corpus(
        folder,
        databases={"FSD50K": templates(recordings, folder)},
        lists=lists,
        protocols={"FSD50K": {"Protocol": protocols}},
        notes=tuple(without_audio("FSD50K", len(labels), missing)),
    )


def _classes(path: Path) -> dict[str, int]:
    """Return the position of each class."""
    classes: dict[str, int] = {}
    for line, (label,) in read_table(path, ("label",), header=("index", "label", "mid")):
        try:
            check_label(label)
        except ValueError as error:
            raise wrong_field(path, line, "label", str(error)) from None
        if label in classes:
            raise wrong_field(path, line, "label", f"{label!r} appears twice")
        classes[label] = len(classes)
    return classes


def _read(
    path: Path,
    columns: tuple[str, ...],
    classes: dict[str, int],
    labels: dict[str, list[bool | None]],
    split: dict[str, list[str]],
) -> None:
    """Read the labels of clips, and append the clips to their subsets."""
    for line, (name, listed, *part) in read_table(path, columns):
        if not name.isdecimal():
            raise wrong_field(path, line, "fname", f"{name!r} is not the number of a clip")
        if name in labels:
            raise wrong_field(path, line, "fname", f"{name!r} is listed twice")
        row = labels[name] = [False] * len(classes)
        for label in listed.split(","):
            if label not in classes:
                hint = did_you_mean(label, classes)
                raise wrong_field(path, line, "labels", f"{label!r} is not in vocabulary.csv{hint}")
            row[classes[label]] = True
        subset = SUBSETS.get(part[0]) if part else "test"
        if subset is None:
            raise wrong_field(path, line, "split", f"{part[0]!r} is neither train nor val")
        split[subset].append(name)
