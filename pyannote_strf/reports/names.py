"""Short, distinct names of models."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, zip_longest
from pathlib import Path


def distinct_names(models: Sequence[Path]) -> list[str]:
    """Name models by the fewest parts of their paths that make the names distinct.

    Directories common to all paths are left out. The other parts are counted from the end of each
    path, starting with the file name without its suffix, or the name of a directory. Among choices
    with as many parts, the one with the fewest letters wins.

    Parameters
    ----------
    models : sequence of Path

    Returns
    -------
    names : list of str
        The name of a single model is its file name without suffix, or that of its directory.

    Raises
    ------
    ValueError
        If a model is given twice.

    Examples
    --------
    >>> distinct_names([Path("a/train/X/weights/0012.ckpt"), Path("b/train/X/weights/0012.ckpt")])
    ['a', 'b']
    >>> distinct_names([Path("a/train/X/weights/0012.ckpt")])
    ['0012']
    """
    if len(models) == 1:
        return [_stem(models[0])]
    if len({path.resolve() for path in models}) < len(models):
        raise ValueError("the same path is given twice")
    # links keep their own names
    paths = [path.parent.resolve() / path.name for path in models]
    stems = [_stem(path) for path in paths]
    common = os.path.commonpath([path.parent for path in paths])
    paths = [path.relative_to(common) for path in paths]
    parts = [(*path.parent.parts, stem) for path, stem in zip(paths, stems)]
    if len(set(parts)) < len(parts):
        parts = [path.parts for path in paths]
    places = list(zip_longest(*(each[::-1] for each in parts), fillvalue=""))
    return next(
        min(found, key=lambda names: len("".join(names)))
        for count in range(1, len(places) + 1)
        if (found := list(_distinct(combinations(places, count))))
    )


def _stem(path: Path) -> str:
    """Return the name of a path, without the suffix of files."""
    return path.name if path.is_dir() else path.stem


def _distinct(choices: Iterable[tuple[tuple[str, ...], ...]]) -> Iterator[list[str]]:
    """Yield names made of the parts at each choice of places, if they are distinct."""
    for chosen in choices:
        names = ["/".join(filter(None, reversed(each))) for each in zip(*chosen)]
        if all(names) and len(set(names)) == len(names):
            yield names
