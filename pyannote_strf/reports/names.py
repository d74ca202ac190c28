"""Short, distinct names of checkpoints."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, zip_longest
from pathlib import Path


def distinct_names(checkpoints: Sequence[Path]) -> list[str]:
    """Name checkpoints by the fewest parts of their paths that make the names distinct.

    Directories common to all paths are left out. The other parts are counted from the end of each
    path, starting with the file name without its suffix. Among choices with as many parts, the one
    with the fewest letters wins.

    Parameters
    ----------
    checkpoints : sequence of Path

    Returns
    -------
    names : list of str
        The name of a single checkpoint is its file name without suffix.

    Raises
    ------
    ValueError
        If a checkpoint is given twice.

    Examples
    --------
    >>> distinct_names([Path("a/train/X/weights/0012.ckpt"), Path("b/train/X/weights/0012.ckpt")])
    ['a', 'b']
    >>> distinct_names([Path("a/train/X/weights/0012.ckpt")])
    ['0012']
    """
    if len(checkpoints) == 1:
        return [checkpoints[0].stem]
    if len({path.resolve() for path in checkpoints}) < len(checkpoints):
        raise ValueError("a checkpoint is given twice")
    # links keep their own names
    paths = [path.parent.resolve() / path.name for path in checkpoints]
    common = os.path.commonpath([path.parent for path in paths])
    paths = [path.relative_to(common) for path in paths]
    parts = [(*path.parent.parts, path.stem) for path in paths]
    if len(set(parts)) < len(parts):
        parts = [path.parts for path in paths]
    places = list(zip_longest(*(each[::-1] for each in parts), fillvalue=""))
    return next(
        min(found, key=lambda names: len("".join(names)))
        for count in range(1, len(places) + 1)
        if (found := list(_distinct(combinations(places, count))))
    )


def _distinct(choices: Iterable[tuple[tuple[str, ...], ...]]) -> Iterator[list[str]]:
    """Yield names made of the parts at each choice of places, if they are distinct."""
    for chosen in choices:
        names = ["/".join(filter(None, reversed(each))) for each in zip(*chosen)]
        if all(names) and len(set(names)) == len(names):
            yield names
