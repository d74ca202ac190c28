"""UrbanSound8K: sounds of cities, 10 classes in 10 folds.

UrbanSound8K holds 8,732 clips of up to 4 seconds. Their sample rates, bit depths and numbers of
channels differ.

- Download: https://zenodo.org/records/1203745
- Licence: CC BY-NC 3.0.
- Protocols: `UrbanSound8K.Protocol.Fold1` to `Fold10`. `Fold1` tests on fold 1, and fold 2 is the
  development subset. The folds are those of the authors: results on others, or on one of them, are
  not comparable. Published accuracies are means over the ten folds, of models that were trained on
  all nine others.
- Labels: Column "class" of `UrbanSound8K.csv`, e.g. "dog_bark". Clips of one Freesound recording
  are a group.

References
----------
J. Salamon, C. Jacoby and J. P. Bello, "A Dataset and Taxonomy for Urban Sound Research", ACM
Multimedia 2014.
"""

from __future__ import annotations

from pathlib import Path

from pyannote_strf.corpora.clips import without_audio
from pyannote_strf.corpora.folds import Clip, corpus_of_folds
from pyannote_strf.corpora.search import Corpus, find_file, find_recordings, not_found, templates
from pyannote_strf.corpora.tables import read_table, wav_name, wrong_field
from pyannote_strf.messages import did_you_mean

CLASSES = (
    *("air_conditioner", "car_horn", "children_playing", "dog_bark", "drilling", "engine_idling"),
    *("gun_shot", "jackhammer", "siren", "street_music"),
)

FOLDS = {str(number): number for number in range(1, 11)}

TABLE = "UrbanSound8K.csv"
COLUMNS = ("slice_file_name", "fsID", "fold", "class")


def find(folder: Path) -> Corpus:
    """Find clips in a copy of UrbanSound8K.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If metadata are missing or malformed, there are no clips, or two copies of one.
    """
    path = find_file(folder, TABLE, "UrbanSound8K", f"metadata/{TABLE}")
    clips = _read(path)
    recordings = find_recordings(
        folder, clips.keys(), lambda path: f"{path.parent.name}/{path.stem}"
    )
    if not recordings:
        raise not_found(folder, "clips", "audio/fold1/101415-3-0-2.wav, and so on")
    missing = [f"{name}.wav" for name in clips if name not in recordings]
    notes = without_audio("UrbanSound8K", len(clips), missing)
    return corpus_of_folds("UrbanSound8K", folder, templates(recordings, folder), clips, notes)


def _read(path: Path) -> dict[str, Clip]:
    clips: dict[str, Clip] = {}
    lines: dict[str, int] = {}
    for line, (file, source, fold, label) in read_table(path, COLUMNS):
        name = wav_name(path, line, "slice_file_name", file)
        if not source:
            raise wrong_field(path, line, "fsID", "is empty")
        if fold not in FOLDS:
            raise wrong_field(path, line, "fold", f"{fold!r} is not a number from 1 to 10")
        if label not in CLASSES:
            hint = did_you_mean(label, CLASSES)
            raise wrong_field(path, line, "class", f"{label!r} is not a class{hint}")
        uri = f"fold{fold}/{name}"
        if lines.setdefault(uri, line) != line:
            raise wrong_field(path, line, "slice_file_name", f"is in line {lines[uri]} too")
        clips[uri] = Clip(label, source, FOLDS[fold])
    return clips
