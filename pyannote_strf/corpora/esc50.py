"""ESC-50: environmental sounds, 50 classes in 5 folds.

ESC-50 holds 2,000 clips of 5 seconds at 44.1 kHz, 40 of each class.

- Download: https://github.com/karolpiczak/ESC-50
- Licence: CC BY-NC 3.0. The file `LICENSE` gives that of each clip.
- Protocols: `ESC50.Protocol.Fold1` to `Fold5`. `Fold1` tests on fold 1, and fold 2 is the
  development subset. Published accuracies are means over the five folds, of models that were
  trained on all four others.
- Labels: Names of the current version, e.g. "crackling_fire", in the first version too, whose
  folders are named `203 - Crackling fire`. Clips of one Freesound recording are a group.

References
----------
K. J. Piczak, "ESC: Dataset for Environmental Sound Classification", ACM Multimedia 2015.
"""

from __future__ import annotations

from pathlib import Path

from pyannote_strf.corpora.esc import CLASSES, find_esc
from pyannote_strf.corpora.search import Corpus


def find(folder: Path) -> Corpus:
    """Find clips of ESC-50, in the layout of the first or of the current version.

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
    return find_esc("ESC50", folder, CLASSES)
