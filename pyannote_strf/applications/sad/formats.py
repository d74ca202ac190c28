"""Formats of speech regions and frame scores."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from pyannote.core import Annotation, SlidingWindowFeature

from pyannote_strf.applications.sad import Format, PredictOptions, ScoreFormat
from pyannote_strf.applications.tables import as_csv

SUFFIXES = {
    Format.RTTM: ".rttm",
    Format.AUDACITY: ".txt",
    Format.CSV: ".csv",
    Format.JSON: ".json",
}
SCORE_SUFFIXES = {ScoreFormat.NPZ: ".scores.npz", ScoreFormat.CSV: ".scores.csv"}


def suffixes(options: PredictOptions) -> list[str]:
    """Return the suffixes of the files that :func:`formatted` returns."""
    found = [SUFFIXES[kind] for kind in dict.fromkeys(options.format)]
    return found if options.scores is None else [*found, SCORE_SUFFIXES[options.scores]]


def formatted(
    name: str, speech: Annotation, scores: SlidingWindowFeature, options: PredictOptions
) -> dict[str, bytes]:
    """Return output files of one recording, by suffix.

    Parameters
    ----------
    name : str
        Name of the recording.
    speech : Annotation
    scores : SlidingWindowFeature
        (frame, 1), as returned by
        :meth:`~pyannote_strf.pipelines.SpeechActivityDetection.with_scores`.
    options : PredictOptions
    """
    regions = [(region.start, region.end) for region in speech.get_timeline()]
    outputs = {SUFFIXES[kind]: _regions(kind, name, speech, regions) for kind in options.format}
    if options.scores is ScoreFormat.NPZ:
        outputs[SCORE_SUFFIXES[options.scores]] = scores_npz(scores)
    elif options.scores is ScoreFormat.CSV:
        window, values = scores.sliding_window, scores.data[:, 0]
        rows = [(*_times(window[frame]), f"{value:.6f}") for frame, value in enumerate(values)]
        outputs[SCORE_SUFFIXES[options.scores]] = as_csv(["start", "end", "score"], rows).encode()
    return outputs


def _regions(
    kind: Format, name: str, speech: Annotation, regions: list[tuple[float, float]]
) -> bytes:
    if kind is Format.RTTM:
        return rttm(name, speech).encode()
    if kind is Format.AUDACITY:
        return "".join(f"{start:.6f}\t{end:.6f}\tspeech\n" for start, end in regions).encode()
    if kind is Format.CSV:
        rows = [(name, *_times(region)) for region in regions]
        return as_csv(["file", "start", "end"], rows).encode()
    listed = [{"start": round(start, 3), "end": round(end, 3)} for start, end in regions]
    return (json.dumps({"file": name, "speech": listed}, ensure_ascii=False) + "\n").encode()


def rttm(name: str, speech: Annotation) -> str:
    """Return regions as RTTM, in which white space in the name of a recording becomes `_`.

    >>> from pyannote.core import Segment
    >>> print(rttm("my file", Annotation.from_records([(Segment(0, 1), 0, "speech")])))
    SPEAKER my_file 1 0.000 1.000 <NA> <NA> speech <NA> <NA>
    <BLANKLINE>
    """
    speech = speech.copy()
    speech.uri = re.sub(r"\s", "_", name)
    return speech.to_rttm()


def _times(region: Iterable[float]) -> list[str]:
    """Return times with milliseconds."""
    return [f"{time:.3f}" for time in region]


def scores_npz(scores: SlidingWindowFeature, **others: Any) -> bytes:
    """Return frame scores as a NumPy archive.

    It holds `scores`, (frame, 1), and `start`, `duration` and `step` of frames, in seconds.

    Parameters
    ----------
    scores : SlidingWindowFeature
    others : array, optional
        More arrays.
    """
    window = scores.sliding_window
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        scores=scores.data,
        start=window.start,
        duration=window.duration,
        step=window.step,
        **others,
    )
    return stream.getvalue()
