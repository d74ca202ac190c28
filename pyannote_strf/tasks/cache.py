"""Check that a cache was made with the options of a task."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

KEY = "options"


def cached_options(**options: Any) -> dict[str, str]:
    """Return what to add to a cache for :func:`check_cache`.

    >>> cached_options(duration=2.0)
    {'options': '{"duration": 2.0}'}
    """
    return {KEY: json.dumps(options)}


def check_cache(cache: str | Path | None, prepared: Mapping[str, Any], **options: Any) -> None:
    """Check that a cache was made with these options.

    Parameters
    ----------
    cache : str or Path
        Path of the cache, for the message.
    prepared : mapping
        Content of the cache.
    options : optional
        Options of the task.

    Raises
    ------
    ValueError
        If it was made with others.

    Examples
    --------
    >>> check_cache("cache", cached_options(duration=2.0), duration=0.5)
    Traceback (most recent call last):
    ...
    ValueError: cache: made with {"duration": 2.0}, not {"duration": 0.5}; use another cache file
    """
    made, wanted = str(prepared.get(KEY)), cached_options(**options)[KEY]
    if made != wanted:
        raise ValueError(f"{cache}: made with {made}, not {wanted}; use another cache file")
