"""Protocols of clips that are divided into folds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from pyannote_strf.compat.lists import check_name
from pyannote_strf.corpora.clips import Split, clip_protocols, single_labels
from pyannote_strf.corpora.search import Corpus
from pyannote_strf.tags import check_label

# with fewer folds, none is left for development
MIN_FOLDS_WITH_DEVELOPMENT = 3


class Clip(NamedTuple):
    """A clip with a single label.

    Attributes
    ----------
    label : str
    group : str
        Clips of one group belong in one fold.
    fold : int
        Number of its fold, from 1.
    """

    label: str
    group: str
    fold: int


def corpus_of_folds(
    database: str,
    folder: Path,
    audio: list[str],
    clips: Mapping[str, Clip],
    notes: Collection[str] = (),
) -> Corpus:
    """Return a corpus with one protocol for each fold of its clips.

    Protocol `Fold1` tests on fold 1, and so on. The next fold is the development subset, if there
    are three folds or more, and the first fold follows the last. All others are the train subset.

    Parameters
    ----------
    database : str
        Name of the database.
    folder : Path
        Folder of the corpus.
    audio : list of str
        Paths with a placeholder for the name of a clip.
    clips : mapping of str to Clip
        Clips by name.
    notes : collection of str, optional
        What is missing. Defaults to nothing.

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If there are fewer than two folds or two labels; if a name, label or group is not valid; or
        if clips of one group are in two folds.
    """
    _check(folder, clips)
    lists, protocols = clip_protocols(
        database.lower(),
        splits_of_folds({uri: clip.fold for uri, clip in clips.items()}),
        single_labels({uri: clip.label for uri, clip in clips.items()}),
        {uri: clip.group for uri, clip in clips.items()},
    )
    return Corpus(
        folder,
        databases={database: audio},
        lists=lists,
        protocols={database: {"Protocol": protocols}},
        notes=tuple(notes),
    )


def splits_of_folds(folds: Mapping[str, int]) -> dict[str, Split]:
    """Return the subsets that test on each fold, see :func:`corpus_of_folds`.

    Parameters
    ----------
    folds : mapping of str to int
        Number of the fold of each clip.

    Returns
    -------
    splits : dict of str to dict
        Clips of each subset of "Fold1", "Fold2" and so on.

    Examples
    --------
    >>> splits_of_folds({"a": 1, "b": 2, "c": 3})["Fold3"]
    {'train': ['b'], 'development': ['a'], 'test': ['c']}
    """
    numbers = sorted(set(folds.values()))
    splits: dict[str, Split] = {}
    for position, test in enumerate(numbers):
        following = numbers[(position + 1) % len(numbers)]
        development = {following} if len(numbers) >= MIN_FOLDS_WITH_DEVELOPMENT else set()
        subsets = {
            "train": set(numbers) - development - {test},
            "development": development,
            "test": {test},
        }
        splits[f"Fold{test}"] = {
            subset: [uri for uri, fold in folds.items() if fold in chosen]
            for subset, chosen in subsets.items()
        }
    return splits


def stratified_folds(
    labels: Mapping[str, str], groups: Mapping[str, str], num_folds: int
) -> dict[str, int]:
    """Divide clips into folds with about the same number of clips of each label.

    Parameters
    ----------
    labels, groups : mapping of str to str
        Label and group of each clip. Clips of one group are in one fold.
    num_folds : int

    Returns
    -------
    folds : dict of str to int
        Number of the fold of each clip, from 1.
    """
    uris = list(labels)
    columns = [np.array([values[uri] for uri in uris]) for values in (labels, groups)]
    splits = StratifiedGroupKFold(num_folds, shuffle=True, random_state=0)
    folds = np.zeros(len(uris), dtype=int)
    for number, (_, rows) in enumerate(splits.split(uris, *columns), start=1):
        folds[rows] = number
    return dict(zip(uris, folds.tolist()))


def _check(folder: Path, clips: Mapping[str, Clip]) -> None:
    folds: dict[str, set[int]] = defaultdict(set)
    for uri, clip in clips.items():
        try:
            check_name(uri)
            if uri != uri.strip():
                raise ValueError(f"{uri!r} starts or ends with a space")
        except ValueError as error:
            raise ValueError(f"{folder}: {error}; rename it") from None
        try:
            check_label(clip.label)
        except ValueError as error:
            raise ValueError(f"{folder}: {uri!r}: {error}") from None
        folds[clip.group].add(clip.fold)
    for group, numbers in folds.items():
        if len(numbers) > 1:
            places = " and ".join(map(str, sorted(numbers)))
            raise ValueError(f"{folder}: clips of {group!r} are in folds {places}")
    for what, values in (
        ("label", {clip.label for clip in clips.values()}),
        ("fold", {clip.fold for clip in clips.values()}),
    ):
        if len(values) < 2:
            found = next(iter(values), None)
            raise ValueError(f"{folder}: two {what}s or more are needed, found only {found!r}")
