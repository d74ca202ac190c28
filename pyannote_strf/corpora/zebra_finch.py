"""Zebra finch vocalisations: 11 call types, and who calls.

The library of Elie and Theunissen holds 3,405 recordings at 44.1 kHz of calls and songs of adults
and chicks, most of them in stereo. It goes with the names `{bird}_{date}-{type}-{number}`.

- Download: https://doi.org/10.6084/m9.figshare.11905533, one or both archives. The 91 distance
  calls of the tutorial BioSound are enough for callers.
- Licence: CC BY 4.0.
- Protocols: `ZebraFinch.Protocol.Fold1` to `Fold5` are call types. Each fold tests on other birds,
  and the next fold is the development subset. `ZebraFinchAdults.Protocol.Fold1` to `Fold5` are the
  same for eight types of adults, without distress: the convention of recent studies of learnt
  representations. `ZebraFinchBirds.Protocol.Fold1`, `Fold2` and so on are call types too, and leave
  one bird out, in the order of their names. The development subset is that of the fold of the bird
  above, without the bird. The published results trained on all other birds.
  `ZebraFinchCallers.Protocol.Fold1` to `Fold10` are callers. Each fold has about the same number of
  calls of each bird.
- Labels: Call types are "Ag", "Be", "DC", "Di", "LT", "Ne", "So", "Te", "Th", "Tu" and "Wh", as the
  authors abbreviate aggressive, begging, distance, distress, long tonal, nest, song, tet, thuck,
  tuck and whine. Birds are groups.
- Left out: As in the code of the authors, names are made consistent ("HpiHpi4748" is "HPiHPi4748",
  the case of types varies), and copulation whines ("WC") are left out. So are birds named
  "Unknown", of which the authors leave out one: they may be birds of another subset. A call type
  needs calls of five birds, and a caller ten calls.

References
----------
J. E. Elie and F. E. Theunissen, "The vocal repertoire of the domesticated zebra finch: a
data-driven approach to decipher the information-bearing acoustic features of communication
signals", Animal Cognition 19, 2016.

https://github.com/theunissenlab/BioSoundTutorial
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pyannote_strf.corpora.clips import ClipProtocols, Split, clip_protocols, single_labels
from pyannote_strf.corpora.folds import splits_of_folds, stratified_folds
from pyannote_strf.corpora.search import Corpus, add_recording, not_found, templates
from pyannote_strf.files import iter_files
from pyannote_strf.messages import few

TYPES = ("Ag", "Be", "DC", "Di", "LT", "Ne", "So", "Te", "Th", "Tu", "Wh")

# of adults, without the rare distress
ADULT_TYPES = ("Ag", "DC", "Ne", "So", "Te", "Th", "Tu", "Wh")

# {bird}_{date}-{type}-{number}
NAME = re.compile(r"([A-Za-z]+-?\d+[A-Za-z]*)[_-]\d{6}[_-]+([A-Za-z]{2})[\w-]*")

# birds by other spellings of their names
BIRDS = {"HpiHpi4748": "HPiHPi4748"}

UNKNOWN = "unknown"

NUM_FOLDS = 5
NUM_FOLDS_OF_CALLERS = 10


class Call(NamedTuple):
    """What the name of a recording says.

    Attributes
    ----------
    bird : str
    type : str
        One of `TYPES`.
    """

    bird: str
    type: str


def find(folder: Path) -> Corpus:
    """Find recordings in a copy of the library, or of a part of it.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    ValueError
        If there are no recordings, two copies of one, or too few of them for any protocol.
    """
    calls: dict[str, Call] = {}
    recordings: dict[str, Path] = {}
    others: list[str] = []
    for path in iter_files(folder):
        if path.suffix.lower() != ".wav":
            continue
        call = call_of(path.stem)
        if call is None:
            others.append(path.name)
            continue
        add_recording(recordings, path.stem, path)
        calls[path.stem] = call
    if not calls:
        raise not_found(folder, "calls", "BluRas61dd_110406-TetC-15.wav, and so on")
    notes = []
    if others:
        notes.append(
            f"ZebraFinch: {len(others):,} recordings are left out, of unknown birds, of copulation "
            f"whines or with other names: {few(others)}"
        )
    if missing := sorted(set(TYPES) - {call.type for call in calls.values()}):
        notes.append(f"ZebraFinch: no calls of types {', '.join(missing)}")
    found = {**_types(calls, notes), **_callers(calls, notes)}
    if not found:
        raise ValueError(f"{folder}: too few calls; {'; '.join(notes)}")
    audio = templates(recordings, folder)
    return Corpus(
        folder,
        databases=dict.fromkeys(found, audio),
        lists={path: lines for each in found.values() for path, lines in each.lists.items()},
        protocols={database: {"Protocol": each.protocols} for database, each in found.items()},
        notes=tuple(notes),
    )


def call_of(name: str) -> Call | None:
    """Return what the name of a recording says. None if it is left out.

    >>> call_of("LblRed0613_111202-ThukC-01")
    Call(bird='LblRed0613', type='Th')
    >>> call_of("HpiHpi4748_111202--aggC-01")
    Call(bird='HPiHPi4748', type='Ag')
    """
    match = NAME.fullmatch(name)
    if match is None or match[1].lower().startswith(UNKNOWN):
        return None
    known = {each.lower(): each for each in TYPES}
    kind = known.get(match[2].lower())
    return None if kind is None else Call(BIRDS.get(match[1], match[1]), kind)


def _types(calls: Mapping[str, Call], notes: list[str]) -> dict[str, ClipProtocols]:
    """Return protocols of call types, by database."""
    birds: dict[str, set[str]] = defaultdict(set)
    for call in calls.values():
        birds[call.type].add(call.bird)
    rare = sorted(kind for kind, found in birds.items() if len(found) < NUM_FOLDS)
    if len(birds) - len(rare) < 2:
        notes.append(
            "ZebraFinch and ZebraFinchBirds are not written: they need two call types or more with "
            f"calls of {NUM_FOLDS} birds each"
        )
        return {}
    if rare:
        notes.append(
            f"ZebraFinch: types {', '.join(rare)} are left out, of which fewer than {NUM_FOLDS} "
            "birds call"
        )
    types = {uri: call.type for uri, call in calls.items() if call.type not in rare}
    groups = {uri: calls[uri].bird for uri in types}
    folds = stratified_folds(types, groups, NUM_FOLDS)
    tags = single_labels(types)
    protocols = {
        "ZebraFinch": clip_protocols("zebrafinch", splits_of_folds(folds), tags, groups),
        "ZebraFinchBirds": clip_protocols(
            "zebrafinchbirds", _one_bird_out(folds, groups), tags, groups
        ),
    }
    adults = {uri: kind for uri, kind in types.items() if kind in ADULT_TYPES}
    if len(set(adults.values())) > 1:
        groups = {uri: groups[uri] for uri in adults}
        splits = splits_of_folds(stratified_folds(adults, groups, NUM_FOLDS))
        protocols["ZebraFinchAdults"] = clip_protocols(
            "zebrafinchadults", splits, single_labels(adults), groups
        )
    return protocols


def _one_bird_out(folds: Mapping[str, int], groups: Mapping[str, str]) -> dict[str, Split]:
    """Return the subsets that test on each bird."""
    fold_of = {groups[uri]: fold for uri, fold in folds.items()}
    splits: dict[str, Split] = {}
    for number, bird in enumerate(sorted(fold_of), start=1):
        following = fold_of[bird] % NUM_FOLDS + 1
        split: dict[str, list[str]] = {"train": [], "development": [], "test": []}
        for uri, fold in folds.items():
            if groups[uri] == bird:
                split["test"].append(uri)
            else:
                split["development" if fold == following else "train"].append(uri)
        splits[f"Fold{number}"] = split
    return splits


def _callers(calls: Mapping[str, Call], notes: list[str]) -> dict[str, ClipProtocols]:
    """Return protocols of callers, by database."""
    counts = Counter(call.bird for call in calls.values())
    rare = sorted(bird for bird, count in counts.items() if count < NUM_FOLDS_OF_CALLERS)
    if len(counts) - len(rare) < 2:
        notes.append(
            "ZebraFinchCallers is not written: it needs two birds or more with "
            f"{NUM_FOLDS_OF_CALLERS} calls each"
        )
        return {}
    if rare:
        notes.append(
            f"ZebraFinchCallers: birds with fewer than {NUM_FOLDS_OF_CALLERS} calls are left out: "
            f"{few(rare)}"
        )
    callers = {uri: call.bird for uri, call in calls.items() if call.bird not in rare}
    folds = stratified_folds(callers, {uri: uri for uri in callers}, NUM_FOLDS_OF_CALLERS)
    tags = single_labels(callers)
    return {"ZebraFinchCallers": clip_protocols("zebrafinchcallers", splits_of_folds(folds), tags)}
