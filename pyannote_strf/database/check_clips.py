"""Check and count of the labels and groups of clips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pyannote_strf.database.audio_finder import AudioFinder
from pyannote_strf.database.clips import SUFFIXES, read_clips
from pyannote_strf.database.definition import Definition
from pyannote_strf.database.presence import why_missing
from pyannote_strf.messages import few
from pyannote_strf.tags import (
    Tags,
    TagTable,
    group_of,
    labels_of,
    mistakes_in,
    mistakes_in_groups,
    tag_table,
)

TRAIN = "train"


class ClipFacts(NamedTuple):
    """Labels and group of a clip.

    Attributes
    ----------
    uri : str
    tags : Tags
        See :mod:`pyannote_strf.tags`.
    group : str or None
    """

    uri: str
    tags: Tags
    group: str | None


def clip_facts(file: Mapping[str, Any]) -> ClipFacts:
    """Return the labels and the group of a clip.

    Raises
    ------
    ValueError
        If the clip has no labels, or its protocol names groups and it has none.
    """
    tag_table([(file["uri"], file["tags"])])
    return ClipFacts(file["uri"], file["tags"], group_of(file))


def positives(clips: Sequence[ClipFacts]) -> Counter[str]:
    """Count the clips that have each label. Labels that no clip has count 0.

    >>> positives([ClipFacts("a", {"dog": True, "rain": False}, None)])
    Counter({'dog': 1, 'rain': 0})
    """
    counts: Counter[str] = Counter()
    for clip in clips:
        for label in labels_of(clip.tags):
            counts[label] += isinstance(clip.tags, str) or bool(clip.tags[label])
    return counts


def known(clips: Sequence[ClipFacts]) -> Counter[str]:
    """Count the clips of which it is known whether they have each label.

    >>> known([ClipFacts("a", {"dog": True}, None), ClipFacts("b", {"dog": False}, None)])
    Counter({'dog': 2})
    """
    labels = positives(clips)
    single = sum(isinstance(clip.tags, str) for clip in clips)
    counts = Counter(dict.fromkeys(labels, single))
    counts.update(label for clip in clips if not isinstance(clip.tags, str) for label in clip.tags)
    return counts


def check_clips(clips: Mapping[str, Sequence[ClipFacts]]) -> Iterator[str]:
    """Find labels that cannot be learnt or evaluated, and groups in two subsets.

    Parameters
    ----------
    clips : mapping of str to sequence of ClipFacts
        Clips of each subset.

    Yields
    ------
    problem : str
    """
    try:
        table(clips)
    except ValueError as error:
        yield str(error)
        return
    counts = {subset: positives(found) for subset, found in clips.items() if found}
    learnt = counts.get(TRAIN)
    if learnt is not None:
        for mistake in mistakes_in(table({TRAIN: clips[TRAIN]})):
            yield f"{TRAIN}: {mistake}"
        for subset, others in counts.items():
            if unknown := sorted(others.keys() - learnt.keys()):
                yield f"labels of {subset} that are not in {TRAIN}: {few(unknown)}"
    yield from mistakes_in_groups(
        {subset: [clip.group for clip in found] for subset, found in clips.items()}
    )


def table(clips: Mapping[str, Sequence[ClipFacts]]) -> TagTable:
    """Return the labels of the clips of all subsets as a table.

    Raises
    ------
    ValueError
        If some clips have a single label, and others several.
    """
    return tag_table([(clip.uri, clip.tags) for found in clips.values() for clip in found])


def check_rows(definitions: Sequence[Definition], uris: set[str]) -> Iterator[str]:
    """Find rows of files of labels and groups whose clip does not exist.

    Parameters
    ----------
    definitions : sequence of Definition
    uris : set of str
        Clips of all subsets, which need not be looked for.

    Yields
    ------
    problem : str
    """
    seen = set()
    finder = AudioFinder()
    for definition in definitions:
        for key in ("tags", "group"):
            if key not in definition.entries or definition.is_template(key):
                continue
            path = definition.path(key)
            if path is None or path.suffix not in SUFFIXES or path in seen:
                continue
            seen.add(path)
            others = [uri for uri in read_clips(path).by_clip if uri not in uris]
            if missing := [uri for uri in others if why_missing(uri, definition, finder)]:
                yield f"{path}: {len(missing):,} clips that do not exist: {few(missing)}"
