"""Learnable spectro-temporal receptive fields for pyannote.audio."""

import os
from importlib import import_module

from pyannote_strf.version import __version__

# pyannote.audio reports usage to third parties unless told otherwise, and sets this variable itself when
# it is imported first. `pyannote.audio.telemetry.set_telemetry_metrics(True)` turns reports on.
os.environ["PYANNOTE_METRICS_ENABLED"] = "false"

_HOMES = {
    "STRFConv2d": "pyannote_strf.layers.strf",
    "STRFPyanNet": "pyannote_strf.models.strf_pyannet",
    "STRFTDNN": "pyannote_strf.models.strf_tdnn",
}

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str):
    """Import public names on first use: pyannote.audio takes seconds to import."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
