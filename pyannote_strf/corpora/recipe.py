"""Recipes: small YAML files that say how annotation is to be derived from a corpus.

pyannote.database chooses a loader by the suffix of the file named in `database.yml`. Where that
file cannot be the annotation itself, because each user keeps the corpus elsewhere, it is a recipe,
and the corpus is found through the `Databases` section of `database.yml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from pyannote.core import Segment, Timeline
from pyannote.database import FileFinder, registry

from pyannote_strf.audio import Audio


def read_recipe(path: Path, defaults: Mapping) -> dict:
    """Options of a recipe.

    Parameters
    ----------
    path : Path
    defaults : mapping
        All options there are, and their values when the recipe does not give them.

    Raises
    ------
    ValueError
        If the recipe is malformed, or an option is unknown or of another type than its default.
    """
    try:
        options = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: not YAML ({' '.join(str(error).split())})") from None
    known = ", ".join(defaults) or "none"
    if not isinstance(options, dict):
        raise ValueError(f"{path}: expected options (known: {known}), got {options!r}")
    for name, value in options.items():
        if name not in defaults:
            raise ValueError(f"{path}: unknown option {name!r} (known: {known})")
        expected = type(defaults[name])
        if type(value) is not expected and not (expected is float and type(value) is int):
            raise ValueError(f"{path}: {name} must be a {expected.__name__}, got {value!r}")
    return {**defaults, **options}


def corpus_folder(name: str, database: str) -> Path:
    """Folder that section `Databases` gives under that name.

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


def whole(file: Mapping) -> Timeline:
    """The whole of a recording, its duration read from its header."""
    audio = file["audio"] if "audio" in file else FileFinder()(file)
    return Timeline([Segment(0, Audio().get_duration(audio))], uri=file["uri"])


class WholeLoader:
    """Loader for `annotated` (".whole"): the whole of each recording is annotated."""

    def __init__(self, path: Path):
        read_recipe(path, {})

    def __call__(self, file: Mapping) -> Timeline:
        return whole(file)
