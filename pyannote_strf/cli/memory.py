"""Settings of the memory allocator and the garbage collector that speed up commands."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# from malloc.h
M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4
MOST = 2**31 - 1
TUNABLES = f"glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold={MOST}"


def keep_freed_memory() -> None:
    """Keep freed memory in the process, instead of returning it to the kernel.

    A training step on a CPU frees and allocates hundreds of megabytes. By default, glibc returns
    them at once, and the page faults that follow take longer than the arithmetic. Processes that
    this one starts inherit the setting.
    """
    if sys.platform != "linux":
        return
    os.environ.setdefault("GLIBC_TUNABLES", TUNABLES)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, MOST)


@contextmanager
def lasting_imports() -> Iterator[None]:
    """Exclude imported modules from garbage collection, as a context manager.

    The garbage collector would visit the modules of pyannote.audio repeatedly during their import,
    and once more at exit, which takes two to three seconds. Only the first import of pyannote.audio
    is concerned: objects that were created before it would never be collected.

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
