"""Clips of a subset, and their scores by a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pyannote.database import Protocol, ProtocolFile

from pyannote_strf.applications.tag.metrics import SEVERAL, SINGLE, metrics_of
from pyannote_strf.applications.tag.sonyc import RANKING, rankings
from pyannote_strf.applications.types import EpochScore
from pyannote_strf.database.protocols import get_files
from pyannote_strf.metrics.tagging import tune_thresholds
from pyannote_strf.pipelines.audio_tagging import AudioTagging, threshold_of
from pyannote_strf.progress import Progress
from pyannote_strf.tags import TagTable, tag_table


def get_clips(protocol: Protocol, subset: str, evaluated: bool) -> list[ProtocolFile]:
    """Return the clips of a subset. No audio is opened.

    Parameters
    ----------
    protocol : Protocol
    subset : {"train", "development", "test"}
    evaluated : bool
        Whether every clip must have labels.

    Raises
    ------
    ValueError
        If the subset has no clips, or audio or labels are missing or malformed.
    """
    clips = get_files(protocol, subset, with_annotation=False)
    try:
        tag_table(
            [(clip["uri"], clip.get("tags")) for clip in clips if evaluated or labelled(clip)]
        )
    except ValueError as error:
        raise ValueError(f"{protocol.name} ({subset}): {error}") from None  # type: ignore[attr-defined]
    return clips


def labelled(clip: ProtocolFile) -> bool:
    """Return whether the labels of a clip are known."""
    return clip.get("tags") is not None


def choose_metric(metric: str | None, clips: list[ProtocolFile]) -> str:
    """Return a metric that suits the labels of clips.

    Raises
    ------
    ValueError
        If the metric does not suit them.
    """
    is_single = isinstance(clips[0]["tags"], str)
    suited, others = (SINGLE, SEVERAL) if is_single else (SEVERAL, SINGLE)
    labels = set() if is_single else {label for clip in clips for label in clip["tags"]}
    valid = (*suited, *rankings(labels))
    if metric in others:
        kind = "a single label" if is_single else "several labels"
        raise ValueError(
            f"metric {metric!r} is not for clips with {kind}; use {' or '.join(valid)}"
        )
    if metric in RANKING.values() and metric not in valid:
        raise ValueError(
            f"metric {metric!r} is for other labels of SONYC-UST; use {' or '.join(valid)}"
        )
    return metric or valid[0]


def table_of(pipeline: AudioTagging, clips: list[ProtocolFile]) -> TagTable:
    """Return the labels of clips, with the classes of a model.

    Raises
    ------
    ValueError
        If the model does not know a label, or is for the other kind of labels.
    """
    table = tag_table([(clip["uri"], clip["tags"]) for clip in clips], pipeline.labels)
    if table.is_single != pipeline.is_single:
        kinds = ("several labels", "a single label")
        raise ValueError(
            f"clips have {kinds[table.is_single]}, but the model is for clips with "
            f"{kinds[pipeline.is_single]}; use other data or another model"
        )
    return table


def score_clips(
    pipeline: AudioTagging, clips: Sequence[Any], what: str, progress: Progress
) -> np.ndarray:
    """Return the (clip, class) scores of clips."""
    rows = []
    for done, windows in enumerate(pipeline.windows(clips)):
        progress(f"scoring, {what}", done, len(clips))
        rows.append(pipeline.pooled(windows))
    progress(f"scoring, {what}", len(clips), len(clips))
    return np.stack(rows)


def score(
    pipeline: AudioTagging, clips: list[ProtocolFile], metric: str, what: str, progress: Progress
) -> EpochScore:
    """Score one epoch.

    Raises
    ------
    ValueError
        If labels do not suit the model, or the metric is not defined.
    """
    table = table_of(pipeline, clips)
    scores = score_clips(pipeline, clips, what, progress)
    metrics = metrics_of(table, scores)
    if metric not in metrics:
        raise ValueError(
            f"metric {metric!r} is not defined: the model has labels that are not of SONYC-UST, or "
            f"coarse labels of clips are unknown; use {' or '.join(SEVERAL)}"
        )
    value = metrics[metric](np.ones(len(clips)))
    if np.isnan(value):
        raise ValueError(f"{metric} is not defined: no class has both positive and negative clips")
    return EpochScore(
        value, pipeline.default_parameters(), (pipeline.labels, table.targets, scores)
    )


def tune(scored: EpochScore) -> dict[str, float]:
    """Return the threshold of each class with the highest F1 score, if there are several labels."""
    if not scored.params:
        return {}
    classes, targets, scores = scored.state
    return {
        threshold_of(label): float(threshold)
        for label, threshold in zip(classes, tune_thresholds(targets, scores))
    }
