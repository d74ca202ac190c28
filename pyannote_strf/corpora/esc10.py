"""ESC-10: environmental sounds, 10 classes in 5 folds.

ESC-10 holds the 400 clips of ESC-50 that belong to 10 classes which are easy to tell apart.

- Download: https://github.com/karolpiczak/ESC-10, or ESC-50
- Licence: CC BY 3.0.
- Protocols: `ESC10.Protocol.Fold1` to `Fold5`, as in ESC-50.
- Labels: Those of ESC-50, e.g. "crackling_fire", in the folders of ESC-10 too, which are named `010
  - Fire crackling`. Clips of one Freesound recording are a group.

References
----------
K. J. Piczak, "ESC: Dataset for Environmental Sound Classification", ACM Multimedia 2015.
"""

from __future__ import annotations

from pathlib import Path

from pyannote_strf.corpora.esc import CLASSES_OF_ESC10, find_esc
from pyannote_strf.corpora.search import Corpus


def find(folder: Path) -> Corpus:
    """Find clips of ESC-10, in a copy of ESC-10 or of ESC-50.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If there are no clips, or two copies of one.
    """
    return find_esc("ESC10", folder, CLASSES_OF_ESC10)
