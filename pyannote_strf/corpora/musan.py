"""MUSAN: noise, music and speech."""

from __future__ import annotations

from pathlib import Path

from pyannote_strf.corpora.folders import Corpus, add_recording, corpus_root, iter_files, not_found
from pyannote_strf.protocols import read_definition

PARTS = ("noise", "music", "speech")


def find(folder: Path) -> Corpus:
    """Find noise, music and speech."""
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
