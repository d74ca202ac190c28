"""Short names of checkpoints."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def distinct_names(checkpoints: Sequence[Path]) -> list[str]:
    """Short names of checkpoints: the parts of their paths in which they differ.

    >>> distinct_names([Path("a/train/X/weights/0012.ckpt"), Path("b/train/X/weights/0012.ckpt")])
    ['a', 'b']
    >>> distinct_names([Path("a/train/X/weights/0012.ckpt")])
    ['0012']
    """
    if len(checkpoints) == 1:
        return [checkpoints[0].stem]
    if len(set(checkpoints)) < len(checkpoints):
        raise ValueError("a checkpoint is given twice")
    parts = [path.absolute().parts for path in checkpoints]
    without_suffix = [path.absolute().with_suffix("").parts for path in checkpoints]
    parts = without_suffix if len(set(without_suffix)) == len(parts) else parts
    if len(set(map(len, parts))) == 1:
        differing = [place for place, of_all in enumerate(zip(*parts)) if len(set(of_all)) > 1]
        return ["/".join(own[place] for place in differing) for own in parts]
    common = os.path.commonpath([Path(*own) for own in parts])
    return [Path(*own).relative_to(common).as_posix() for own in parts]
