"""Memory allocator settings of our commands."""

from __future__ import annotations

import ctypes
import sys

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
