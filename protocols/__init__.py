"""Protocols of AMI, CHiME-5, VoxCeleb and MUSAN for pyannote.database.

The locations of the corpora are in section `Databases` of the user's own `database.yml`.
`pyannote-strf protocols init` writes one. `database.yml.example` is a template to copy.

Importing this module changes how pyannote.database finds files: those that a `database.yml` names
are looked for beside it first, then in the current folder.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import yaml
from pyannote.database import LoadingMode, registry

from pyannote_strf.compat import annotation_loaders, file_lookup, lists, trials  # noqa: F401

FOLDER = Path(__file__).resolve().parent
DEFINITIONS = tuple(sorted(FOLDER.glob("*.yml")))


def load() -> None:
    """Register the protocols of this package with pyannote.database.

    A protocol of the same name that is already registered, from the user's `database.yml`, is kept.

    Examples
    --------
    >>> from pyannote.database import registry
    >>> load()
    >>> "AMI.SpeakerDiarization.MixHeadset" in registry
    True
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Skipping .* as it already exists")
        for definition in DEFINITIONS:
            if definition not in registry.configs:
                registry.load_database(definition, mode=LoadingMode.KEEP)


def read_definition(corpus: str) -> dict[str, Any]:
    """Read section `Protocols` of the definition of a corpus.

    Parameters
    ----------
    corpus : str
        Name of the definition, e.g. "ami".

    Returns
    -------
    protocols : dict

    Examples
    --------
    >>> list(read_definition("ami"))
    ['AMI', 'AMI-SDM']
    """
    return yaml.safe_load((FOLDER / f"{corpus}.yml").read_text(encoding="utf-8"))["Protocols"]
