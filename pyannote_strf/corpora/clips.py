"""Protocols of clips: lists of their subsets, and files of their labels and groups."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping, Sequence
from io import StringIO
from typing import Any, NamedTuple

from pyannote_strf.messages import few

# clips of each subset
Split = Mapping[str, Sequence[str]]

FIELDS = {True: "1", False: "0", None: ""}


class ClipProtocols(NamedTuple):
    """Protocols of clips.

    Attributes
    ----------
    lists : dict of str to list of str
        Lines of the files to write.
    protocols : dict
        Entries of each protocol, which refer to these files.
    """

    lists: dict[str, list[str]]
    protocols: dict[str, Any]


def clip_protocols(
    name: str,
    splits: Mapping[str, Split],
    tags: list[str],
    groups: Mapping[str, str] | None = None,
) -> ClipProtocols:
    """Return protocols of clips that share their labels. Subsets without clips are left out.

    Parameters
    ----------
    name : str
        Folder of the files. Its last part is the name of those of labels and groups.
    splits : mapping of str to mapping
        Clips of each subset of each protocol.
    tags : list of str
        Lines of the file of labels, see :func:`single_labels` and :func:`several_labels`.
    groups : mapping of str to str, optional
        Group of each clip.

    Returns
    -------
    protocols : ClipProtocols

    Examples
    --------
    >>> tags = single_labels({"a": "dog", "b": "rain"})
    >>> found = clip_protocols("birds", {"Fold1": {"train": ["a"], "test": ["b"]}}, tags)
    >>> found.protocols["Fold1"]["test"]
    {'uri': 'birds/Fold1.test.lst', 'tags': 'birds/birds.tags'}
    """
    stem = f"{name}/{name.rpartition('/')[2]}"
    files = {"tags": f"{stem}.tags"}
    lists = {files["tags"]: tags}
    if groups is not None:
        files["group"] = f"{stem}.groups"
        lists[files["group"]] = csv_lines([("uri", "group"), *groups.items()])
    protocols: dict[str, Any] = {}
    for protocol, split in splits.items():
        protocols[protocol] = {}
        for subset, uris in split.items():
            if uris:
                path = f"{name}/{protocol}.{subset}.lst"
                lists[path] = list(uris)
                protocols[protocol][subset] = {"uri": path, **files}
    return ClipProtocols(lists, protocols)


def single_labels(labels: Mapping[str, str]) -> list[str]:
    """Return the lines of a file of labels of clips with a single label each.

    >>> single_labels({"a": "dog"})
    ['uri,label', 'a,dog']
    """
    return csv_lines([("uri", "label"), *labels.items()])


def several_labels(
    classes: Sequence[str], labels: Mapping[str, Sequence[bool | None]]
) -> list[str]:
    """Return the lines of a file of labels of clips with several labels.

    Parameters
    ----------
    classes : sequence of str
    labels : mapping of str to sequence
        Whether each clip has the label of each class. None if this is unknown.

    Returns
    -------
    lines : list of str

    Examples
    --------
    >>> several_labels(["dog", "rain"], {"a": [True, None]})
    ['uri,dog,rain', 'a,1,']
    """
    rows = ((uri, *map(FIELDS.__getitem__, values)) for uri, values in labels.items())
    return csv_lines([("uri", *classes), *rows])


def csv_lines(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return the lines of a CSV file."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().splitlines()


def without_audio(database: str, total: int, missing: Collection[str]) -> list[str]:
    """Return a note on clips without audio, if there are any.

    >>> without_audio("Birds", 10, ["a.wav", "b.wav"])
    ['Birds: 2 of 10 clips have no audio: a.wav, b.wav; `protocols present` leaves them out']
    """
    if not missing:
        return []
    return [
        f"{database}: {len(missing):,} of {total:,} clips have no audio: {few(missing)}; "
        "`protocols present` leaves them out"
    ]
