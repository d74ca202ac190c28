"""Corpora as they are distributed: one module each, which `pyannote-strf protocols init` finds.

The first line of its docstring is the help of its option. Its function `find(folder)` returns the
:class:`~pyannote_strf.corpora.folders.Corpus` that is in a folder, or raises a ValueError that says
what is missing. Its loaders, if any, are entry points of group `pyannote.database.loader`. Its
protocols are in `protocols/{name of the module}.yml`.
"""

from __future__ import annotations

import ast
import pkgutil
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyannote_strf.corpora.folders import Corpus


def corpora() -> dict[str, str]:
    """List names of corpora, and what is read of each.

    Source is read, and nothing imported: help is to be shown at once.

    >>> corpora()["musan"]
    'MUSAN: noise, music and speech.'
    """
    found = {}
    for module in pkgutil.iter_modules(__path__):
        spec = find_spec(f"{__name__}.{module.name}")
        tree = ast.parse(spec.loader.get_source(spec.name))
        if any(isinstance(node, ast.FunctionDef) and node.name == "find" for node in tree.body):
            found[module.name] = ast.get_docstring(tree).splitlines()[0]
    return found


def find(name: str, folder: Path) -> Corpus:
    """Find a corpus in a folder.

    Parameters
    ----------
    name : str
        One of :func:`corpora`.
    folder : Path

    Raises
    ------
    ValueError
        If the folder does not exist, or holds nothing of the corpus, or parts of it twice.
    """
    return import_module(f"{__name__}.{name}").find(folder)
