"""Folders of clips: the name of each folder is the label of its clips.

- Protocols: Database with the name of the folder, and `Protocol.Fold1`, `Protocol.Fold2` and so on.
  Each fold has about the same number of clips of each class. Clips of one group, such as a speaker
  or a source, are in one fold.
- Labels: Folder `dog` holds clips of class "dog", at any depth. Files beside these folders, hidden
  files and files that are not audio are skipped.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from pyannote_strf.checks import check_number
from pyannote_strf.corpora.folds import Clip, corpus_of_folds, stratified_folds
from pyannote_strf.corpora.search import Corpus, not_found
from pyannote_strf.files import iter_files

NUM_FOLDS = 5
MAX_NUM_FOLDS = 1000

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".m4a", ".aif", ".aiff", ".opus")


def find(folder: Path, group: str | None = None, num_folds: int = NUM_FOLDS) -> Corpus:
    """Find clips in folders that are named after their labels, and divide them into folds.

    Parameters
    ----------
    folder : Path
        Folder of the folders.
    group : str, optional
        Regular expression that is searched in the name of each file. Its first group in
        parentheses, or the whole match without one, is the group of the clip, such as the speaker.
        By default, each clip is a group of its own.
    num_folds : int, optional
        Number of folds. Defaults to 5.

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If there are no clips, a folder holds none, the expression is not valid or not found in a
        name, or a class has fewer groups than there are folds.
    """
    check_number("number of folds", num_folds, least=2, most=MAX_NUM_FOLDS)
    names = _recordings(folder)
    labels = {name: name.partition("/")[0] for name in names}
    groups = dict(zip(names, _groups(names, group)))
    check_classes(folder, labels, groups, num_folds)
    folds = stratified_folds(labels, groups, num_folds)
    clips = {name: Clip(labels[name], groups[name], folds[name]) for name in names}
    database = re.sub(r"\W+", "_", folder.name) or "Clips"
    return corpus_of_folds(database, folder, [f"{folder}/{{uri}}"], clips)


def _recordings(root: Path) -> list[str]:
    """Return the paths of clips relative to a folder."""
    found = defaultdict(list)
    for path in iter_files(root):
        name = path.relative_to(root).as_posix()
        if "/" in name and path.suffix.lower() in AUDIO_SUFFIXES:
            if "*" in name:
                raise ValueError(f"{path}: stars have a meaning in database.yml; rename the file")
            found[name.partition("/")[0]].append(name)
    if not found:
        raise not_found(root, "clips", "{label}/{name}.wav, or another format")
    for folder in sorted(root.iterdir()):
        if folder.is_dir() and not folder.name.startswith(".") and folder.name not in found:
            raise ValueError(f"{folder}: holds no clip; add some, or remove the folder")
    return [name for names in found.values() for name in names]


def _groups(names: list[str], pattern: str | None) -> list[str]:
    if pattern is None:
        return names
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"group {pattern!r} is not a regular expression ({error})") from None
    groups = []
    for name in names:
        match = expression.search(Path(name).name)
        group = match and match[min(1, expression.groups)]
        if not group:
            raise ValueError(f"group {pattern!r} is not found in the name of {name!r}")
        groups.append(group)
    return groups


def check_classes(
    root: Path, labels: Mapping[str, str], groups: Mapping[str, str], num_folds: int
) -> None:
    """Check that each class has a group of clips for each fold.

    Parameters
    ----------
    root : Path
        Folder of the folders of classes, for the error message.
    labels, groups : mapping of str to str
        Label and group of each clip.
    num_folds : int

    Raises
    ------
    ValueError
        If a class has too few groups.
    """
    members: dict[str, set[str]] = defaultdict(set)
    for name, label in labels.items():
        members[label].add(groups[name])
    for label, found in sorted(members.items()):
        if len(found) < num_folds:
            raise ValueError(
                f"{root / label}: clips of {len(found)} groups cannot be in {num_folds} folds; use "
                "fewer folds, or leave the class out"
            )
