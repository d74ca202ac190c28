"""Protocols of AMI, CHiME-5, VoxCeleb and MUSAN for pyannote.database.

Where corpora are is said by section `Databases` of your own `database.yml`: `pyannote-strf
protocols init` writes one, and `database.yml.example` is one to copy.
"""

from __future__ import annotations

import warnings
from pathlib import Path

from pyannote.database import LoadingMode, custom, registry

FOLDER = Path(__file__).parent
DEFINITIONS = tuple(FOLDER / f"{corpus}.yml" for corpus in ("ami", "chime5", "voxceleb", "musan"))


def load() -> None:
    """Add this package's protocols to those of pyannote.database.

    A protocol of the same name that exists already, from your own `database.yml`, is kept.

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
    # pyannote.database 6.1 pickles protocols by name, and has just given away those of the ones kept
    for database in registry.databases.values():
        for protocol in database._protocols.values():
            setattr(custom, protocol.__name__, protocol)
