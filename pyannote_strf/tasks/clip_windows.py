"""Windows of clips that a task reads."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
from pyannote.core import Segment

from pyannote_strf.audio import duration_of
from pyannote_strf.models.clip_windows import window_starts


def listed_windows(paths: list[str], duration: float, windows: str) -> dict[str, Any]:
    """List the windows of clips that are read in an epoch.

    Parameters
    ----------
    paths : list of str
        Paths of clips.
    duration : float
        Duration of windows, in seconds.
    windows : {"random", "all"}
        Whether to list each clip once, or all windows of each, which overlap by half. Only the
        latter opens audio.

    Returns
    -------
    listed : dict
        "clips": index of the clip of each window. "starts": its start in seconds, or NaN if it is
        random.

    Raises
    ------
    ValueError
        If audio cannot be read.
    """
    if windows == "random":
        starts = [[np.nan]] * len(paths)
    else:
        starts = [
            window_starts(duration_of(path), duration, duration / 2, to_end=True) for path in paths
        ]
    clips = np.repeat(np.arange(len(paths)), [len(each) for each in starts])
    return {"clips": clips, "starts": np.array([start for each in starts for start in each])}


def window_of(start: float, window: float, duration: float, rng: Random | None) -> Segment:
    """Return the part of a clip to read.

    Parameters
    ----------
    start : float
        Its start in seconds, or NaN if it is random.
    window, duration : float
        Durations of windows and of the clip, in seconds.
    rng : Random or None
        Random numbers. None for the middle.

    Examples
    --------
    >>> window_of(np.nan, 2.0, 5.0, None), window_of(4.0, 2.0, 5.0, None)
    (<Segment(1.5, 3.5)>, <Segment(4, 5)>)
    """
    if np.isnan(start):
        excess = max(0.0, duration - window)
        start = excess / 2 if rng is None else rng.uniform(0, excess)
    return Segment(start, min(start + window, duration))
