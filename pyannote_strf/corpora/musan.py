"""MUSAN: noise, music and speech.

MUSAN contains 109 hours of recordings at 16 kHz: technical and ambient noise, music of several
genres, and read and spontaneous speech.

- Download: https://www.openslr.org/17/
- Licence: OpenSLR distributes the corpus under CC BY 4.0. Each recording is in the public domain or
  under a Creative Commons licence, see the files `LICENSE` in its folders.
- Splits: none. The collections `BackgroundNoise`, `Music` and `Speech` list the recordings found.
- Annotation: none. The corpus serves to augment training data.

References
----------
D. Snyder, G. Chen and D. Povey, "MUSAN: a music, speech, and noise corpus", arXiv 1510.08484, 2015.
"""

from __future__ import annotations

from pathlib import Path

from pyannote_strf.corpora.search import Corpus, add_recording, not_found
from pyannote_strf.files import iter_files
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
