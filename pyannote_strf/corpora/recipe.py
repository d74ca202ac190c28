"""Recipes: small YAML files that say how annotation is to be derived from a corpus.

pyannote.database chooses a loader by the suffix of the file named in `database.yml`. Where that
file cannot be the annotation itself, because each user keeps the corpus elsewhere, it is a recipe,
and the corpus is found through the `Databases` section of `database.yml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pyannote.core import Segment, Timeline
from pyannote.database import FileFinder, registry
from pydantic import BaseModel, ConfigDict, ValidationError

from pyannote_strf.audio import duration_of
from pyannote_strf.checks import first_mistake
from pyannote_strf.yaml_reader import read_yaml


class Recipe(BaseModel):
    """Options of a recipe: none, unless a subclass declares them."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a recipe.

        Parameters
        ----------
        path : Path

        Raises
        ------
        ValueError
            If the recipe is malformed, or an option does not exist, or its value is not valid.
        """
        valid = ", ".join(cls.model_fields) or "none"
        try:
            options = read_yaml(Path(path))
            return cls.model_validate({} if options is None else options)
        except ValidationError as error:
            raise ValueError(f"{path}: {first_mistake(error)} (valid options: {valid})") from None


def corpus_folder(name: str, database: str) -> Path:
    """Find the folder that section `Databases` gives under a name.

    Raises
    ------
    FileNotFoundError
        If the section does not give it, or there is no such folder.
    """
    (folder, *_) = registry.sources.get(name, [None])
    if folder is None:
        raise FileNotFoundError(
            f"nothing says where annotation of {database} is; add `{name}: path/to/folder` to "
            "section Databases of database.yml"
        )
    if not Path(folder).is_dir():
        raise FileNotFoundError(f"no folder {folder} ({name} in section Databases of database.yml)")
    return Path(folder)


def full_extent(file: Mapping) -> Timeline:
    """Return the whole of a recording, its duration read from its header."""
    audio = file["audio"] if "audio" in file else FileFinder()(file)
    return Timeline([Segment(0, duration_of(audio))], uri=file["uri"])


class WholeLoader:
    """Loader for `annotated` (".whole"): the whole of each recording is annotated."""

    def __init__(self, path: Path):
        Recipe.read(path)

    def __call__(self, file: Mapping) -> Timeline:
        return full_extent(file)
