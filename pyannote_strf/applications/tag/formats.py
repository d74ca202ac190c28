"""Formats of the scores and labels of recordings that are in no protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pyannote_strf.applications.tables import as_csv
from pyannote_strf.applications.tag import Format, PredictOptions
from pyannote_strf.pipelines.audio_tagging import AudioTagging, Windows

SUFFIXES = {
    Format.CSV: ".csv",
    Format.JSON: ".json",
    Format.AUDACITY: ".txt",
    Format.RAVEN: ".selections.txt",
}

RAVEN_HEADER = (
    *("Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)"),
    *("High Freq (Hz)", "Common Name", "Species Code", "Confidence", "Begin Path"),
    "File Offset (s)",
)


def suffixes(options: PredictOptions) -> list[str]:
    """Return the suffixes of the files that :func:`formatted` returns."""
    return [SUFFIXES[kind] for kind in dict.fromkeys(options.format or [Format.CSV])]


def formatted(
    pipeline: AudioTagging, file: Mapping[str, Any], options: PredictOptions
) -> dict[str, bytes]:
    """Return output files of one recording, by suffix.

    CSV has one row per window, with the score of each class. JSON has the labels and scores of the
    recording and of its windows. Audacity labels and Raven selection tables have the labels of
    windows: the most probable one or, with several labels, those that reach their thresholds.

    Parameters
    ----------
    pipeline : AudioTagging
    file : mapping
        Audio file with "audio" and "uri".
    options : PredictOptions
    """
    windows = next(pipeline.windows([file]))
    return {
        SUFFIXES[kind]: _formatted(kind, pipeline, file, windows).encode()
        for kind in options.format or [Format.CSV]
    }


def _formatted(
    kind: Format, pipeline: AudioTagging, file: Mapping[str, Any], windows: Windows
) -> str:
    if kind is Format.CSV:
        rows = [
            [file["uri"], *(f"{time:.3f}" for time in region), *(f"{score:.6f}" for score in row)]
            for region, row in zip(*windows)
        ]
        return as_csv(["file", "start", "end", *pipeline.labels], rows)
    if kind is Format.JSON:
        listed = [
            {"start": round(start, 3), "end": round(end, 3), **_decided(pipeline, row)}
            for (start, end), row in zip(windows.regions.tolist(), windows.scores)
        ]
        whole = _decided(pipeline, pipeline.pooled(windows))
        content = {"file": file["uri"], **whole, "windows": listed}
        return json.dumps(content, ensure_ascii=False) + "\n"
    found = [
        (start, end, label, row[pipeline.labels.index(label)])
        for (start, end), row in zip(windows.regions, windows.scores)
        for label in pipeline.decide(row).labels
    ]
    if kind is Format.AUDACITY:
        return "".join(f"{s:.6f}\t{e:.6f}\t{name}\t{score:.4f}\n" for s, e, name, score in found)
    channel = file.get("channel") or 0
    path = str(file["audio"]) if isinstance(file["audio"], str | Path) else file["uri"]
    nyquist = pipeline._tagging.audio.sample_rate // 2
    lines = [
        [
            *(n, "Spectrogram 1", channel + 1, f"{s:.3f}", f"{e:.3f}", 0, nyquist),
            *(name, name, f"{score:.4f}", path, f"{s:.3f}"),
        ]
        for n, (s, e, name, score) in enumerate(found, start=1)
    ]
    return "".join("\t".join(map(str, line)) + "\n" for line in [RAVEN_HEADER, *lines])


def _decided(pipeline: AudioTagging, scores: np.ndarray) -> dict[str, Any]:
    numbers = [round(float(score), 6) for score in scores]
    return {
        "labels": pipeline.decide(scores).labels,
        "scores": dict(zip(pipeline.labels, numbers)),
    }


def top(pipeline: AudioTagging, files: Sequence[Mapping[str, Any]], count: int) -> str:
    """Return the classes with the highest scores of each recording as text, one line for each."""
    lines = []
    for file, windows in zip(files, pipeline.windows(files)):
        scores = pipeline.pooled(windows)
        best = np.argsort(-scores, kind="stable")[:count]
        listed = ", ".join(f"{pipeline.labels[each]} {scores[each]:.3f}" for each in best)
        lines.append(f"{file['uri']}: {listed}\n")
    return "".join(lines)
