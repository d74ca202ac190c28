"""Protocols of clips that are divided into folds."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from pyannote_strf.compat.lists import check_name
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
    database: str, folder: Path, audio: list[str], clips: Mapping[str, Clip]
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
    prefix = database.lower()
    files = {key: f"{prefix}/{prefix}.{suffix}" for key, suffix in FILES.items()}
    lists = {
        files["tags"]: _csv(("uri", "label"), ((uri, clip.label) for uri, clip in clips.items())),
        files["group"]: _csv(("uri", "group"), ((uri, clip.group) for uri, clip in clips.items())),
    }
    numbers = sorted({clip.fold for clip in clips.values()})
    protocols: dict[str, Any] = {}
    for position, test in enumerate(numbers):
        following = numbers[(position + 1) % len(numbers)]
        development = {following} if len(numbers) >= MIN_FOLDS_WITH_DEVELOPMENT else set()
        subsets = {
            "train": set(numbers) - development - {test},
            "development": development,
            "test": {test},
        }
        protocol = protocols[f"Fold{test}"] = {}
        for subset, folds in subsets.items():
            uris = [uri for uri, clip in clips.items() if clip.fold in folds]
            if uris:
                name = f"{prefix}/Fold{test}.{subset}.lst"
                lists[name] = uris
                protocol[subset] = {"uri": name, **files}
    return Corpus(
        folder,
        databases={database: audio},
        lists=lists,
        protocols={database: {"Protocol": protocols}},
    )


# suffix of the file of each key
FILES = {"tags": "tags", "group": "groups"}


def _check(folder: Path, clips: Mapping[str, Clip]) -> None:
    folds: dict[str, set[int]] = defaultdict(set)
    for uri, clip in clips.items():
        try:
            check_name(uri)
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


def _csv(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return the lines of a CSV file."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().splitlines()
