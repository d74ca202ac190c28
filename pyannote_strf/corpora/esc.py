"""What ESC-50 and ESC-10 have in common: names of clips, classes and layouts."""

from __future__ import annotations

import re
from pathlib import Path

from pyannote_strf.corpora.folds import Clip, corpus_of_folds
from pyannote_strf.corpora.search import (
    Corpus,
    add_recording,
    not_found,
    templates,
)
from pyannote_strf.files import iter_files

# in the order of the numbers in names of clips
CLASSES = (
    *("dog", "rooster", "pig", "cow", "frog", "cat", "hen", "insects", "sheep", "crow"),
    *("rain", "sea_waves", "crackling_fire", "crickets", "chirping_birds", "water_drops", "wind"),
    *("pouring_water", "toilet_flush", "thunderstorm"),
    *("crying_baby", "sneezing", "clapping", "breathing", "coughing", "footsteps", "laughing"),
    *("brushing_teeth", "snoring", "drinking_sipping"),
    *("door_wood_knock", "mouse_click", "keyboard_typing", "door_wood_creaks", "can_opening"),
    *("washing_machine", "vacuum_cleaner", "clock_alarm", "clock_tick", "glass_breaking"),
    *("helicopter", "chainsaw", "siren", "car_horn", "engine", "train", "church_bells"),
    *("airplane", "fireworks", "hand_saw"),
)

# in the order of the folders of the repository of ESC-10
CLASSES_OF_ESC10 = (
    *("dog", "rain", "sea_waves", "crying_baby", "clock_tick", "sneezing", "helicopter"),
    *("chainsaw", "rooster", "crackling_fire"),
)

SUFFIXES = (".wav", ".ogg")

# {fold}-{source}-{take}-{class}
NAME = re.compile(r"(\d)-(\d+)-([A-Z])(?:-(\d+))?")

# {number} - {name of the class}
FOLDER = re.compile(r"(\d)(\d\d) - .+")


def find_esc(database: str, folder: Path, classes: tuple[str, ...]) -> Corpus:
    """Find clips of some classes, in either layout.

    Parameters
    ----------
    database : str
        Name of the database.
    folder : Path
    classes : tuple of str
        Classes to keep.

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If there are no clips, or two copies of one.
    """
    clips: dict[str, Clip] = {}
    recordings: dict[str, Path] = {}
    in_any_layout: dict[str, Path] = {}
    for path in iter_files(folder):
        match = NAME.fullmatch(path.stem)
        label = class_of(path)
        if path.suffix not in SUFFIXES or match is None or label not in classes:
            continue
        name = path.stem if match[4] else f"{path.parent.name}/{path.stem}"
        add_recording(in_any_layout, f"{match[1]}-{match[2]}-{match[3]} ({label})", path)
        add_recording(recordings, name, path)
        clips[name] = Clip(label, match[2], int(match[1]))
    if not clips:
        expected = "audio/1-100032-A-0.wav, or 101 - Dog/1-100032-A.ogg, and so on"
        raise not_found(folder, database, expected)
    return corpus_of_folds(database, folder, templates(recordings, folder), clips)


def class_of(path: Path) -> str | None:
    """Return the class of a clip, from its name or its folder. None if it is of another corpus.

    >>> class_of(Path("audio/1-100032-A-0.wav")), class_of(Path("002 - Rain/1-17367-A.ogg"))
    ('dog', 'rain')
    >>> class_of(Path("205 - Chirping birds/1-34495-A.ogg"))
    'chirping_birds'
    """
    name, folder = NAME.fullmatch(path.stem), FOLDER.fullmatch(path.parent.name)
    classes: tuple[str, ...] = CLASSES
    if name and name[4]:
        index = int(name[4])
    elif folder:
        category, number = int(folder[1]), int(folder[2]) - 1
        # ESC-10 has no categories
        classes = CLASSES if category else CLASSES_OF_ESC10
        index = number + 10 * max(0, category - 1)
    else:
        return None
    return classes[index] if 0 <= index < len(classes) else None
