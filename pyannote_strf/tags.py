"""Labels of clips, as files of a protocol hold them under the key "tags".

The tags of a clip with a single label are this label. The tags of a clip with several labels are a
mapping of labels to whether the clip has them. A label that is not in the mapping is unknown: it is
neither positive nor negative.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from pyannote_strf.messages import did_you_mean, few

Tags = str | Mapping[str, bool]

# value of unknown labels in targets
UNKNOWN = -1

MAX_LABEL_LENGTH = 100


class TagTable(NamedTuple):
    """Labels of several clips.

    Attributes
    ----------
    classes : list of str
        Names of classes, sorted.
    is_single : bool
        Whether each clip has a single label.
    targets : (clip, class) array of int8
        1 for labels of the clip, 0 for others, -1 for unknown ones.
    """

    classes: list[str]
    is_single: bool
    targets: np.ndarray


def tag_table(clips: Sequence[tuple[str, Any]], classes: Sequence[str] | None = None) -> TagTable:
    """Return the labels of clips as a table.

    Parameters
    ----------
    clips : sequence of (str, Tags)
        Name and tags of each clip.
    classes : sequence of str, optional
        Valid classes. Default to the labels of the clips.

    Returns
    -------
    table : TagTable

    Raises
    ------
    ValueError
        If a clip has no tags, if some clips have a single label and others several, or if a label
        is not one of `classes`.

    Examples
    --------
    >>> tag_table([("a", "rain"), ("b", "dog")]).targets.tolist()
    [[0, 1], [1, 0]]
    >>> tag_table([("a", {"dog": True}), ("b", {"dog": False, "rain": True})]).targets.tolist()
    [[1, -1], [0, 1]]
    """
    kinds: dict[bool, str] = {}
    for name, tags in clips:
        if tags is None:
            raise ValueError(f"clip {name!r} has no labels; add it to the file of `tags:`")
        if not isinstance(tags, str | Mapping):
            raise ValueError(
                f"tags of clip {name!r} must be a label, or a mapping of labels to true or false, "
                f"got {reprlib.repr(tags)}"
            )
        kinds.setdefault(isinstance(tags, str), name)
    if len(kinds) == 2:
        raise ValueError(
            f"clip {kinds[True]!r} has a single label, clip {kinds[False]!r} a mapping of labels; "
            "use the same kind of tags for all clips"
        )
    is_single = True in kinds
    if classes is None:
        classes = sorted({label for _, tags in clips for label in labels_of(tags)})
    index = {label: column for column, label in enumerate(classes)}
    shape = len(clips), len(classes)
    targets = np.full(shape, 0 if is_single else UNKNOWN, dtype=np.int8)
    for row, (name, tags) in enumerate(clips):
        for label in labels_of(tags):
            if label not in index:
                raise ValueError(
                    f"clip {name!r} has the unknown label {label!r}{did_you_mean(label, index)}"
                )
            targets[row, index[label]] = is_single or bool(tags[label])
    return TagTable(list(classes), is_single, targets)


def mistakes_in(table: TagTable) -> Iterator[str]:
    """Find reasons why the labels of clips cannot be learnt.

    Parameters
    ----------
    table : TagTable
        Labels of all clips of the train subset.

    Yields
    ------
    mistake : str

    Examples
    --------
    >>> list(mistakes_in(tag_table([("a", {"dog": True, "rain": False})])))
    ["no clip has the label 'rain'; add some, or remove the label"]
    """
    if len(table.classes) == 1 and (table.targets == 1).all():
        yield f"all clips have the same label, {table.classes[0]!r}; add clips of other classes"
    if not table.classes:
        yield "no label is known"
    counts = (table.targets == 1).sum(axis=0)
    for label, count in zip(table.classes, counts):
        if not count:
            yield f"no clip has the label {label!r}; add some, or remove the label"


def group_of(clip: Mapping[str, Any]) -> str | None:
    """Return the group of a clip, such as its speaker or source. None without groups.

    Raises
    ------
    ValueError
        If the protocol names groups, and the clip has none.

    >>> group_of({"uri": "a", "group": "bird 1"})
    'bird 1'
    """
    if "group" in clip and clip["group"] is None:
        raise ValueError(f"clip {clip['uri']!r} has no group; add it to the file of `group:`")
    return clip.get("group")


def mistakes_in_groups(groups: Mapping[str, Iterable[str | None]]) -> Iterator[str]:
    """Find groups in two subsets: their clips are alike, so that results would be too good.

    Parameters
    ----------
    groups : mapping of str to iterable of str
        Groups of each subset. Clips without a group have None.

    Yields
    ------
    mistake : str

    Examples
    --------
    >>> list(mistakes_in_groups({"train": ["bird 1", "bird 2"], "test": ["bird 2", None]}))
    ['groups both in train and in test: bird 2; keep the clips of each group in one subset']
    """
    for first, second in combinations(groups, 2):
        shared = set(groups[first]) & set(groups[second]) - {None}
        if shared:
            yield (
                f"groups both in {first} and in {second}: {few(sorted(map(str, shared)))}; keep "
                "the clips of each group in one subset"
            )


def labels_of(tags: Tags) -> Iterable[str]:
    """Return the known labels of a clip, positive or negative.

    >>> list(labels_of("dog")), list(labels_of({"dog": True, "rain": False}))
    (['dog'], ['dog', 'rain'])
    """
    return (tags,) if isinstance(tags, str) else tags


def check_label(label: str) -> None:
    """Check the name of a class.

    Raises
    ------
    ValueError
        If it is empty or too long, or holds a comma or characters that cannot be printed.

    >>> check_label("dog,rain")
    Traceback (most recent call last):
    ...
    ValueError: label 'dog,rain' holds a comma; for several labels, use one column per label
    """
    if not label:
        raise ValueError("a label is empty")
    if "," in label:
        raise ValueError(
            f"label {reprlib.repr(label)} holds a comma; for several labels, use one column per "
            "label"
        )
    if len(label) > MAX_LABEL_LENGTH or not label.isprintable():
        raise ValueError(
            f"label {reprlib.repr(label)} has more than {MAX_LABEL_LENGTH} characters, or some "
            "that cannot be printed"
        )
