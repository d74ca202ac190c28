"""Memory allocator and garbage collector of our commands."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# from malloc.h
M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4


def keep_freed_memory() -> None:
    """Let freed blocks be used again, instead of going back to the kernel.

    A step of training on a CPU frees and allocates hundreds of megabytes. By default, glibc returns
    them at once and faults every page in again, which takes longer than the arithmetic does.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


@contextmanager
def lasting_imports() -> Iterator[None]:
    """Keep the garbage collector away from modules, which last until the process ends.

    It would go through those of pyannote.audio again and again while they are imported, and once more
    at the end: two to three seconds of every command. What is imported later is left as it is.

    Examples
    --------
    >>> with lasting_imports():
    ...     from pyannote_strf.models.checkpoint import load_model
    """
    if "pyannote.audio" in sys.modules or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
    gc.freeze()
