"""VoxCeleb, whose recordings are named after their speaker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pyannote.core import Annotation

from pyannote_strf.corpora.recipe import read_recipe, whole


class VoxCelebLoader:
    """Loader of speakers (".voxceleb"): the first folder of a recording's name, throughout.

    Parameters
    ----------
    path : Path
        Recipe, without options.
    """

    def __init__(self, path: Path):
        read_recipe(path, {})

    def __call__(self, file: Mapping) -> Annotation:
        speaker, _, recording = file["uri"].partition("/")
        if not recording:
            raise ValueError(f"{file['uri']!r}: expected speaker/video/utterance")
        annotated = file["annotated"] if "annotated" in file else whole(file)
        annotation = Annotation(uri=file["uri"])
        for segment in annotated:
            annotation[segment] = speaker
        return annotation
