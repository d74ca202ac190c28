"""Tasks on protocols of clips, which have neither regions nor a scope.

When a task is made, pyannote.audio 4.0.7 refuses protocols whose files have no `scope`, reads the
key `annotated` of the first file, which opens its audio, and raises StopIteration if a subset is
empty.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/utils/protocol.py
https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/core/task.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from pyannote.core import Timeline
from pyannote.database import Protocol

# what tasks find instead: protocols with annotation crop it to `annotated`
VALUES = {"annotated": Timeline(), "scope": "global"}


@contextmanager
def without_regions(protocol: Protocol) -> Iterator[None]:
    """Context manager in which upstream accepts a protocol of clips, and opens no audio.

    Raises
    ------
    ValueError
        If the train or the development subset is empty.
    """
    preprocessors = protocol.preprocessors
    kept: dict[str, Any] = {key: preprocessors.get(key) for key in VALUES}
    for key, value in VALUES.items():
        preprocessors[key] = partial(_constant, value)
    try:
        yield
    except StopIteration:
        name = protocol.name  # type: ignore[attr-defined]
        raise ValueError(f"{name}: the train or the development subset has no clips") from None
    finally:
        for key, preprocessor in kept.items():
            del preprocessors[key]
            if preprocessor is not None:
                preprocessors[key] = preprocessor


def _constant(value: Any, file: Mapping[str, Any]) -> Any:
    return value
