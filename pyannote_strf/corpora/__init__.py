"""Supported corpora, one module each.

Each module that defines a function `find` becomes an option of `pyannote-strf protocols init`:

- The first line of the module's docstring is the help text of the option.
- `find(folder)` takes the absolute path of a folder. It returns the
  :class:`~pyannote_strf.corpora.search.Corpus` that it contains, or raises a ValueError that
  states what is missing.
- Annotation loaders, if any, are entry points of group `pyannote.database.loader`.
- The protocols of the corpus are in `protocols/{module name}.yml`, or in what `find` returns if
  they depend on the folder.
"""

from __future__ import annotations

import ast
import pkgutil
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pyannote_strf.corpora.search import Corpus, corpus_root


def corpora() -> dict[str, str]:
    """Return the name and the title of each supported corpus.

    The modules are parsed rather than imported, so that `--help` stays fast.

    Returns
    -------
    titles : dict of str to str

    Examples
    --------
    >>> corpora()["musan"]
    'MUSAN: noise, music and speech.'
    """
    found = {}
    for module in pkgutil.iter_modules(__path__):
        spec = find_spec(f"{__name__}.{module.name}")
        if spec is None or spec.origin is None:
            continue
        tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
        if any(isinstance(node, ast.FunctionDef) and node.name == "find" for node in tree.body):
            title, *_ = (ast.get_docstring(tree) or module.name).splitlines()
            found[module.name] = title
    return found


def find(name: str, folder: Path, **options: Any) -> Corpus:
    """Find a corpus in a folder.

    Parameters
    ----------
    name : str
        One of :func:`corpora`.
    folder : Path
        Folder that holds the corpus, at any depth.
    options : optional
        Options of the corpus.

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If the folder does not exist, lacks a required part of the corpus, or holds two copies of
        one.
    """
    return import_module(f"{__name__}.{name}").find(corpus_root(folder), **options)
