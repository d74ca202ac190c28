"""Formats of embeddings and decisions."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from pyannote_strf.applications.emb import Format
from pyannote_strf.pipelines import SpeakerVerification


def formatted(embedding: np.ndarray, name: str, kind: Format) -> bytes:
    """Return the embedding of one recording as an output file.

    Parameters
    ----------
    embedding : (dimension,) array
    name : str
        Name of the recording.
    kind : Format
        A NumPy archive with `embedding`, or JSON with `file` and `embedding`.
    """
    if kind is Format.JSON:
        values = [round(float(value), 6) for value in embedding]
        content = json.dumps({"file": name, "embedding": values}, ensure_ascii=False)
        return f"{content}\n".encode()
    stream = io.BytesIO()
    np.savez(stream, embedding=embedding)
    return stream.getvalue()


def decision(
    pipeline: SpeakerVerification, left: Mapping[str, Any], right: Mapping[str, Any]
) -> str:
    """Return the score of two recordings, and whether they are of the same speaker, as text."""
    score, same = pipeline({"file1": left, "file2": right})
    speakers = "same speaker" if same else "different speakers"
    relation = ">=" if same else "<"
    return (
        f"score: {score:.4f}\n"
        f"decision: {speakers} (score {relation} threshold {pipeline.threshold:.4f})\n"
    )
