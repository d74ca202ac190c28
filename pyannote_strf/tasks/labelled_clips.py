"""Clips of a protocol and their labels, for training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pyannote.database import ProtocolFile

from pyannote_strf.tags import TagTable, group_of, mistakes_in, mistakes_in_groups, tag_table

SUBSETS = ("train", "development", "test")


def labelled_clips(protocol: Any, has_development: bool) -> dict[str, Any]:
    """Read the paths and labels of the clips of a protocol. Audio is not opened.

    Parameters
    ----------
    protocol : Protocol
    has_development : bool
        Whether the protocol defines a development subset.

    Returns
    -------
    prepared : dict
        "classes" and "is-single"; then, for each of "train" and "development", "train-audio" and so
        on: paths of clips, their "channel" and their "targets", see
        :class:`~pyannote_strf.tags.TagTable`.

    Raises
    ------
    ValueError
        If clips or labels are missing, or not fit for training.
    """
    prepared: dict[str, Any] = {}
    subset_of: dict[tuple[str, str], str] = {}
    groups: dict[str, set[str | None]] = {}
    train: TagTable | None = None
    for subset in SUBSETS:
        if subset == "development" and not has_development:
            continue
        where = f"{protocol.name} ({subset})"
        files = list(_files(protocol, subset))
        for file in files:
            other = subset_of.setdefault((file["database"], file["uri"]), subset)
            if other != subset:
                raise ValueError(
                    f"{protocol.name}: clip {file['uri']!r} is both in {other} and in {subset}; "
                    "remove it from one of them"
                )
        try:
            groups[subset] = {group_of(file) for file in files}
            if subset == "test":
                # labels of test clips may be missing, but not be others than those of train
                if known := [file for file in files if file.get("tags") is not None]:
                    _table(known, train)
                break
            table = _table(files, train)
            audio = [str(file["audio"]) for file in files]
        except (ValueError, FileNotFoundError) as error:
            raise ValueError(f"{where}: {' '.join(str(error).split())}") from None
        train = table if train is None else train
        prepared[f"{subset}-audio"] = np.array(audio, dtype=object)
        channels = [file.get("channel") for file in files]
        prepared[f"{subset}-channel"] = np.array(channels, dtype=object)
        prepared[f"{subset}-targets"] = table.targets
    for mistake in mistakes_in_groups(groups):
        raise ValueError(f"{protocol.name}: {mistake}")
    assert train is not None
    return {
        "classes": np.array(train.classes, dtype=object),
        "is-single": np.array(train.is_single),
        **prepared,
    }


def _files(protocol: Any, subset: str) -> Iterator[ProtocolFile]:
    try:
        yield from getattr(protocol, subset)()
    except (AttributeError, NotImplementedError):
        # only the test subset may be missing
        return


def _table(files: list[ProtocolFile], train: TagTable | None) -> TagTable:
    """Return the labels of a subset, with the classes of the train subset."""
    clips = [(file["uri"], file.get("tags")) for file in files]
    if train is None:
        table = tag_table(clips)
        for mistake in mistakes_in(table):
            raise ValueError(mistake)
        return table
    table = tag_table(clips, train.classes)
    if table.is_single != train.is_single:
        kinds = ("several labels", "a single label")
        raise ValueError(
            f"clips have {kinds[table.is_single]}, those of train {kinds[train.is_single]}; use "
            "the same kind of tags"
        )
    return table
