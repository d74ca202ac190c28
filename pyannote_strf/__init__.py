"""Learnable spectro-temporal receptive fields for pyannote.audio."""

import os
from importlib import import_module
from typing import Any

from pyannote_strf.version import __version__

# pyannote.audio reports usage to third parties by default, and sets this variable itself if it is
# imported first. `pyannote.audio.telemetry.set_telemetry_metrics(True)` enables these reports.
os.environ["PYANNOTE_METRICS_ENABLED"] = "false"

# pyannote.audio imports onnxruntime if it is installed, which reports usage since version 1.31
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_MODULES = {
    "DEGramNet": "pyannote_strf.models.degramnet",
    "DEGramNetEmbedding": "pyannote_strf.models.degramnet",
    "STRFCNN10": "pyannote_strf.models.strf_cnn10",
    "STRFConv2d": "pyannote_strf.layers.strf",
    "STRFPyanNet": "pyannote_strf.models.strf_pyannet",
    "STRFTDNN": "pyannote_strf.models.strf_tdnn",
    "load_pipeline": "pyannote_strf.applications.load",
}

__all__ = [*_MODULES, "__version__"]


def __getattr__(name: str) -> Any:
    """Import public names on first use, because pyannote.audio takes seconds to import."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
