"""Conversion of `config.yml` of pyannote.audio 1.1."""

from __future__ import annotations

import logging
import reprlib
from typing import Any

from pyannote_strf.checks import check_mapping, check_type

logger = logging.getLogger(__name__)

# tasks of pyannote.audio 1.1 that are named after their loss
LOSSES = {
    "AdditiveAngularMarginLoss": "additive_angular_margin",
    "TripletLoss": "triplet",
}
# architectures of pyannote.audio 1.1, and those that replace them
LEGACY_ARCHITECTURES = {
    "pyannote.audio.models.PyanNet": "STRFPyanNet",
    "pyannote.audio.models.SincTDNN": "STRFTDNN",
}
# new names of options of tasks
TASK_PARAMS = {
    "s": "scale",
    "per_fold": "num_classes_per_batch",
    "per_label": "num_chunks_per_class",
}

# the only supported options of `embedding`
EMBEDDING = {"batch_normalize": False, "unit_normalize": False}


def convert_task(name: str, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Convert a task that is named after its loss. Other tasks are returned unchanged.

    Parameters
    ----------
    name : str
        Name of the task.
    params : dict
        Options of the task.

    Returns
    -------
    name : str
    params : dict

    Examples
    --------
    >>> convert_task("AdditiveAngularMarginLoss", {"s": 10, "margin": 0.05, "per_fold": 128})
    ... # doctest: +NORMALIZE_WHITESPACE
    ('SpeakerEmbedding',
     {'loss': 'additive_angular_margin', 'scale': 10, 'margin': 0.05, 'num_classes_per_batch': 128})
    """
    if name not in LOSSES:
        return name, params
    converted = {TASK_PARAMS.get(key, key): value for key, value in params.items()}
    return "SpeakerEmbedding", {"loss": LOSSES[name], **converted}


def convert_architecture(params: dict[str, Any]) -> dict[str, Any]:
    """Convert options `rnn`, `ff`, `tdnn` and `embedding` of an architecture.

    Option `sincnet` is left out with a warning. Other options are returned unchanged.

    Parameters
    ----------
    params : dict
        Options of the architecture.

    Returns
    -------
    params : dict

    Raises
    ------
    ValueError
        If an option is invalid or no longer supported.

    Examples
    --------
    >>> convert_architecture(
    ...     {"rnn": {"unit": "LSTM", "hidden_size": 16}, "ff": {"hidden_size": [8, 8]}}
    ... )
    {'lstm': {'hidden_size': 16}, 'linear': {'hidden_size': 8, 'num_layers': 2}}
    >>> convert_architecture(
    ...     {"tdnn": {"embedding_dim": 512}, "embedding": {"unit_normalize": False}}
    ... )
    {'dimension': 512}
    """
    params = dict(params)
    # `sincnet` of the current architecture has a single stride, and no other option
    sincnet = params.get("sincnet")
    if isinstance(sincnet, dict) and (
        set(sincnet) != {"stride"} or isinstance(sincnet["stride"], list)
    ):
        del params["sincnet"]
        logger.warning(
            "config.yml: `sincnet` of pyannote.audio 1.1 is left out; use `frontend` instead"
        )
    if "rnn" in params:
        rnn = params.pop("rnn")
        check_mapping("rnn", rnn)
        lstm = dict(rnn)
        unit = lstm.pop("unit", "LSTM")
        if unit != "LSTM":
            raise ValueError(f"rnn: unit must be LSTM, got {reprlib.repr(unit)}")
        params["lstm"] = lstm
    if "ff" in params:
        sizes = _with_defaults("ff", params.pop("ff"), {"hidden_size": []})["hidden_size"]
        check_type("ff: hidden_size", sizes, list[int])
        if len(set(sizes)) > 1:
            raise ValueError(f"ff: all layers must have the same size, got {sizes}")
        params["linear"] = {"num_layers": len(sizes)}
        if sizes:
            params["linear"] = {"hidden_size": sizes[0], "num_layers": len(sizes)}
    if "tdnn" in params:
        tdnn = _with_defaults("tdnn", params.pop("tdnn"), {"embedding_dim": 512})
        params["dimension"] = tdnn["embedding_dim"]
    if "embedding" in params:
        asked = _with_defaults("embedding", params.pop("embedding"), EMBEDDING)
        if asked != EMBEDDING:
            raise ValueError("embedding: batch_normalize and unit_normalize must be false")
    return params


def _with_defaults(name: str, value: Any, defaults: dict[str, Any]) -> dict[str, Any]:
    """Check that a mapping has no unknown options, and add defaults."""
    check_mapping(name, value)
    for key in value:
        if key not in defaults:
            raise ValueError(f"{name}: option {reprlib.repr(key)} does not exist")
    return {**defaults, **value}
