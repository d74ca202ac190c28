"""MUSAN: noise, music and speech.

MUSAN [1]_ holds 109 hours of recordings at 16 kHz: technical and ambient noise, music of several
genres, and read and spoken speech.

Download
    https://www.openslr.org/17/
Licence
    CC BY 4.0 for the corpus. Each recording is in the public domain or under a Creative Commons
    licence, see the `LICENSE` files in its folders.
Splits
    None. Collections `BackgroundNoise`, `Music` and `Speech` list the recordings that are found.
Annotation
    None. The corpus is used to augment training data.

References
----------
.. [1] D. Snyder, G. Chen and D. Povey, "MUSAN: A Music, Speech, and Noise Corpus",
   arXiv:1510.08484, 2015.
"""

from __future__ import annotations

from pathlib import Path

from pyannote_strf.corpora.search import Corpus, add_recording, corpus_root, iter_files, not_found
from pyannote_strf.protocols import read_definition

PARTS = ("noise", "music", "speech")


def find(folder: Path) -> Corpus:
    """Find recordings of noise, music and speech. One of the three is enough.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If there are no recordings, or two copies of one.
    """
    folder = corpus_root(folder)
    recordings: dict[str, dict[str, Path]] = {part: {} for part in PARTS}
    roots = set()
    for path in iter_files(folder):
        if path.suffix == ".wav" and path.parent.parent.name in recordings:
            root = path.parent.parent.parent
            roots.add(root)
            name = str(path.relative_to(root).with_suffix(""))
            add_recording(recordings[path.parent.parent.name], name, path)
    if not roots:
        raise not_found(folder, "MUSAN", "{noise,music,speech}/{source}/{name}.wav")
    collections = read_definition("musan")["MUSAN"]["Collection"]
    lists = {f"musan/{part}.lst": sorted(found) for part, found in recordings.items() if found}
    found = {name: entry for name, entry in collections.items() if entry["uri"] in lists}
    return Corpus(
        folder,
        databases={"MUSAN": [f"{root}/{{uri}}.wav" for root in sorted(roots)]},
        lists=lists,
        protocols={"MUSAN": {"Collection": found}},
    )
