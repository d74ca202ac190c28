"""Order in which training draws clips."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from random import Random

import numpy as np


def shuffled(num_clips: int, batch_size: int, rng: Random, part: int, num_parts: int) -> Iterator:
    """Iterate over clips endlessly, in a new random order each time.

    Parts are disjoint: each reads every `num_parts`-th batch of the same order.

    Parameters
    ----------
    num_clips : int
    batch_size : int
    rng : Random
        Random numbers, which must be the same in all parts.
    part, num_parts : int
        Index of this part, and number of parts.

    Yields
    ------
    clip : int

    Examples
    --------
    >>> list(islice(shuffled(4, 2, Random(0), part=0, num_parts=2), 2))
    [2, 0]
    >>> list(islice(shuffled(4, 2, Random(0), part=1, num_parts=2), 2))
    [1, 3]
    """
    clips = _rounds(num_clips, rng)
    for number in count():
        batch = list(islice(clips, batch_size))
        if number % num_parts == part:
            yield from batch


def _rounds(num_clips: int, rng: Random) -> Iterator[int]:
    order = list(range(num_clips))
    while True:
        rng.shuffle(order)
        yield from order


def balanced(targets: np.ndarray, rng: Random) -> Iterator[int]:
    """Draw clips endlessly, such that all classes are equally likely.

    Clips without any label are drawn as often as those of one class.

    Parameters
    ----------
    targets : (clip, class) array of int
        1 for labels of the clip.
    rng : Random

    Yields
    ------
    clip : int
    """
    positive = targets == 1
    groups = [np.flatnonzero(of_class).tolist() for of_class in positive.T]
    groups.append(np.flatnonzero(~positive.any(axis=1)).tolist())
    groups = [group for group in groups if group]
    while True:
        yield rng.choice(rng.choice(groups))
