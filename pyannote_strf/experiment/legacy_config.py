"""Words of pyannote.audio 1.1's `config.yml`, in those of today."""

from __future__ import annotations

import logging
from typing import Any

from pyannote_strf.checks import check_mapping, check_type

logger = logging.getLogger(__name__)

LOSSES = {
    "AdditiveAngularMarginLoss": "additive_angular_margin",
    "TripletLoss": "triplet",
}
FORMER_ARCHITECTURES = {
    "pyannote.audio.models.PyanNet": "STRFPyanNet",
    "pyannote.audio.models.SincTDNN": "STRFTDNN",
}
TASK_PARAMS = {
    "s": "scale",
    "per_fold": "num_classes_per_batch",
    "per_label": "num_chunks_per_class",
}

EMBEDDING = {"batch_normalize": False, "unit_normalize": False}


def convert_task(name: str, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Translate 1.1's tasks named after losses.

    >>> convert_task("AdditiveAngularMarginLoss", {"s": 10, "margin": 0.05, "per_fold": 128})
    ... # doctest: +NORMALIZE_WHITESPACE
    ('SpeakerEmbedding',
     {'loss': 'additive_angular_margin', 'scale': 10, 'margin': 0.05, 'num_classes_per_batch': 128})
    """
    if name not in LOSSES:
        return name, params
    today = {TASK_PARAMS.get(key, key): value for key, value in params.items()}
    return "SpeakerEmbedding", {"loss": LOSSES[name], **today}


def convert_architecture(params: dict[str, Any]) -> dict[str, Any]:
    """Translate what 1.1 called `rnn`, `ff` and `tdnn`, and leave out its `sincnet`, saying so.

    >>> convert_architecture(
    ...     {"rnn": {"unit": "LSTM", "hidden_size": 16}, "ff": {"hidden_size": [8, 8]}}
    ... )
    {'lstm': {'hidden_size': 16}, 'linear': {'hidden_size': 8, 'num_layers': 2}}
    >>> convert_architecture(
    ...     {"tdnn": {"embedding_dim": 512}, "embedding": {"unit_normalize": False}}
    ... )
    {'dimension': 512}

    Raises
    ------
    ValueError
        If they ask for what there is not any more.
    """
    params = dict(params)
    # today's has one stride and nothing else
    sincnet = params.get("sincnet")
    if isinstance(sincnet, dict) and (
        set(sincnet) != {"stride"} or isinstance(sincnet["stride"], list)
    ):
        del params["sincnet"]
        logger.warning("config.yml: `sincnet` of pyannote.audio 1.1 is left out: see `frontend`")
    if "rnn" in params:
        rnn = params.pop("rnn")
        check_mapping("rnn", rnn)
        lstm = dict(rnn)
        unit = lstm.pop("unit", "LSTM")
        if unit != "LSTM":
            raise ValueError(f"rnn: the only unit is LSTM, got {unit!r}")
        params["lstm"] = lstm
    if "ff" in params:
        sizes = _only("ff", params.pop("ff"), {"hidden_size": []})["hidden_size"]
        check_type("ff: hidden_size", sizes, list[int])
        if len(set(sizes)) > 1:
            raise ValueError(f"ff: all layers must have the same size, got {sizes}")
        params["linear"] = {"num_layers": len(sizes)}
        if sizes:
            params["linear"] = {"hidden_size": sizes[0], "num_layers": len(sizes)}
    if "tdnn" in params:
        tdnn = _only("tdnn", params.pop("tdnn"), {"embedding_dim": 512})
        params["dimension"] = tdnn["embedding_dim"]
    if "embedding" in params:
        asked = _only("embedding", params.pop("embedding"), EMBEDDING)
        if asked != EMBEDDING:
            raise ValueError("embedding: embeddings are neither batch- nor unit-normalised")
    return params


def _only(name: str, value: Any, defaults: dict[str, Any]) -> dict[str, Any]:
    check_mapping(name, value)
    for key in value:
        if key not in defaults:
            raise ValueError(f"{name}: unknown parameter {key!r}")
    return {**defaults, **value}
