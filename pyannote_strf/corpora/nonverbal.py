"""Deeply nonverbal vocalisations: 16 sounds of mouth and voice.

The public sample of the corpus of Deeply Inc. holds 727 clips of 2 to 6 seconds at 16 kHz, in one
folder per class.

- Download: https://www.openslr.org/99/
- Licence: CC BY-NC-ND 4.0.
- Protocols: `Nonverbal.Protocol.Fold1` to `Fold5`. Each fold has about the same number of clips of
  each class, and other speakers. The authors give no folds.
- Labels: Names of folders, e.g. "teeth-grinding". Speakers are groups.

References
----------
https://github.com/deeplyinc/Nonverbal-Vocalization-Dataset
"""

from __future__ import annotations

import re
from pathlib import Path

from pyannote_strf.corpora.folders import check_classes
from pyannote_strf.corpora.folds import Clip, corpus_of_folds, stratified_folds
from pyannote_strf.corpora.search import Corpus, add_recording, not_found, templates
from pyannote_strf.files import iter_files
from pyannote_strf.messages import did_you_mean

CLASSES = (
    *("coughing", "crying", "laughing", "lip-popping", "lip-smacking", "moaning", "nose-blowing"),
    *("panting", "screaming", "sighing", "sneezing", "teeth-chattering", "teeth-grinding"),
    *("throat-clearing", "tongue-clicking", "yawning"),
)

# {speaker}_{class}_{trial}_{sex}_{age}_{location}_{quality}_{noise}
NAME = re.compile(r"([A-Z0-9]+)(?:_\d+){7}")

NUM_FOLDS = 5


def find(folder: Path) -> Corpus:
    """Find clips in folders that are named after the classes.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If there are no clips, two copies of one, a folder of another class, or clips of too few
        speakers.
    """
    recordings: dict[str, Path] = {}
    labels: dict[str, str] = {}
    groups: dict[str, str] = {}
    for path in iter_files(folder):
        match = NAME.fullmatch(path.stem)
        if path.suffix.lower() != ".wav" or match is None:
            continue
        label = path.parent.name
        if label not in CLASSES:
            raise ValueError(
                f"{path.parent}: {label!r} is not a class{did_you_mean(label, CLASSES)} (expected "
                "folders coughing, crying and so on)"
            )
        name = f"{label}/{path.stem}"
        add_recording(recordings, name, path)
        labels[name], groups[name] = label, match[1]
    if not labels:
        raise not_found(folder, "clips", "dataset/coughing/2AV8_4_1_0_44_0_0_0.wav, and so on")
    check_classes(folder, labels, groups, NUM_FOLDS)
    folds = stratified_folds(labels, groups, NUM_FOLDS)
    clips = {name: Clip(labels[name], groups[name], folds[name]) for name in labels}
    missing = [label for label in CLASSES if label not in labels.values()]
    notes = [f"Nonverbal: no clips of {', '.join(missing)}"] if missing else []
    return corpus_of_folds("Nonverbal", folder, templates(recordings, folder), clips, notes)
