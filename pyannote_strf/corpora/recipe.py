"""Recipes: small YAML files that state how to derive annotation from a corpus.

pyannote.database chooses a loader by the suffix of the file that `database.yml` names. This package
does not know where a user keeps a corpus, so its protocols name a recipe instead of an annotation
file. The loader of the recipe finds the corpus through section `Databases` of `database.yml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pyannote.core import Segment, Timeline
from pyannote.database import FileFinder, registry
from pydantic import BaseModel, ConfigDict, ValidationError

from pyannote_strf.audio import duration_of
from pyannote_strf.messages import first_mistake
from pyannote_strf.yaml_reader import read_yaml


class Recipe(BaseModel):
    """Options of a recipe. Subclasses declare them."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a recipe.

        Parameters
        ----------
        path : Path
            An empty file leaves all options at their defaults.

        Returns
        -------
        recipe : Recipe

        Raises
        ------
        ValueError
            If the recipe is malformed, or an option does not exist or has an invalid value.
        """
        valid = ", ".join(cls.model_fields) or "none"
        try:
            options = read_yaml(Path(path))
            return cls.model_validate({} if options is None else options)
        except ValidationError as error:
            raise ValueError(f"{path}: {first_mistake(error)} (valid options: {valid})") from None


def corpus_folder(name: str, database: str) -> Path:
    """Find a folder of a corpus through section `Databases` of `database.yml`.

    Parameters
    ----------
    name : str
        Name in section `Databases`, e.g. "AMI-annotation".
    database : str
        Database that needs the folder, for error messages.

    Returns
    -------
    folder : Path

    Raises
    ------
    FileNotFoundError
        If the section has no such name, or the folder does not exist.
    """
    (folder, *_) = registry.sources.get(name, [None])
    if folder is None:
        raise FileNotFoundError(
            f"location of the annotation of {database} not found; add `{name}: path/to/folder` to "
            "section Databases of database.yml"
        )
    if not Path(folder).is_dir():
        raise FileNotFoundError(
            f"folder {folder} does not exist ({name} in section Databases of database.yml)"
        )
    return Path(folder)


def full_extent(file: Mapping[str, Any]) -> Timeline:
    """Return a timeline that covers a whole recording.

    Parameters
    ----------
    file : mapping
        Protocol file.

    Returns
    -------
    extent : Timeline
    """
    # FileFinder reads any mapping, but is annotated as reading a ProtocolFile
    audio = file["audio"] if "audio" in file else FileFinder()(file)  # type: ignore[arg-type]
    return Timeline([Segment(0, duration_of(audio))], uri=file["uri"])


class WholeLoader:
    """Load the annotated part of recordings that are annotated throughout (".whole").

    Parameters
    ----------
    path : Path
        Recipe, without options.
    """

    def __init__(self, path: Path):
        Recipe.read(path)

    def __call__(self, file: Mapping[str, Any]) -> Timeline:
        """Return a timeline that covers the whole recording."""
        return full_extent(file)
