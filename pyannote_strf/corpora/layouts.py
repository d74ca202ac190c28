"""Finding corpora in the folders that their download pages and scripts leave."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

from pyannote_strf.corpora import ami, chime5
from pyannote_strf.database.lines import check_lines
from pyannote_strf.files import write_text
from pyannote_strf.protocols import FOLDER

CHIME5_SUBSETS = ("train", "dev", "eval")

# VoxCeleb1's test speakers: those whose names begin with E
VOXCELEB1_TEST = range(10270, 10310)
SPEAKER_FOLDER = re.compile(r"id(\d{5})")
SPEECH_SUFFIXES = (".wav", ".flac", ".m4a")

MUSAN_PARTS = ("noise", "music", "speech")

HEADER = """\
# Written by `pyannote-strf protocols init`. Give it to any command as `--registry`, or to everything
# that uses pyannote.database: export PYANNOTE_DATABASE_CONFIG=/path/to/this/file
# Protocols of AMI and CHiME-5 come with pyannote-strf: in a script of your own, call
# `pyannote_strf.protocols.load()` first.
"""


class Corpus(NamedTuple):
    """What was found of a corpus.

    Attributes
    ----------
    databases : dict
        Entries of section `Databases`.
    lists : dict of str to list of str
        Lines of files to write, by path relative to `database.yml`.
    protocols : dict
        Entries of section `Protocols`, for corpora whose lists are made here.
    recipes : tuple of str
        Files of this package that `protocols` refers to, to be copied.
    """

    databases: dict[str, list[str]]
    lists: dict[str, list[str]] = {}
    protocols: dict = {}
    recipes: tuple[str, ...] = ()


def find_ami(folder: Path) -> Corpus:
    """Headset mixes, first microphones of the first arrays, and manual annotation.

    Any folders will do: `{meeting}/audio/`, as the corpus's download script leaves them, all
    recordings in one, and so on.
    """
    folder = corpus_root(folder)
    mixes: dict[str, Path] = {}
    arrays: dict[str, Path] = {}
    annotations = set()
    for path in files_of(folder):
        meeting = path.name.partition(".")[0]
        if path.name == f"{meeting}.Mix-Headset.wav":
            add(mixes, meeting, path)
        elif path.name == f"{meeting}.Array1-01.wav":
            add(arrays, meeting, path)
        elif path.name.endswith(".words.xml") and path.parent.name == "words":
            annotations.add(path.parent.parent)
    if not mixes and not arrays:
        raise _nothing(folder, "AMI", "{meeting}.Mix-Headset.wav or {meeting}.Array1-01.wav")
    annotation = only(annotations, "AMI's manual annotation")
    if annotation is None or not (annotation / "corpusResources" / "meetings.xml").is_file():
        raise _nothing(
            folder,
            "AMI's manual annotation",
            "words/{meeting}.{A..E}.words.xml with corpusResources/meetings.xml: unzip "
            "ami_public_manual_1.6.2.zip there",
        )
    # recordings of "MixHeadset" are called {meeting}.Mix-Headset, those of "only_words" {meeting}
    by_meeting = templates(mixes, folder)
    by_name = {str(Path(mix).parent).replace("{uri}", "*") + "/{uri}.wav" for mix in by_meeting}
    databases = {
        "AMI": sorted({*by_meeting, *by_name}),
        "AMI-SDM": templates(arrays, folder),
        ami.ANNOTATION: [str(annotation)],
    }
    return Corpus({name: paths for name, paths in databases.items() if paths})


def find_chime5(folder: Path) -> Corpus:
    """First channels of the first arrays, and transcriptions."""
    folder = corpus_root(folder)
    recordings: dict[str, Path] = {}
    transcriptions = set()
    for path in files_of(folder):
        if match := re.fullmatch(r"(S\d\d)_U01\.CH1\.wav", path.name):
            add(recordings, match[1], path)
        elif re.fullmatch(r"S\d\d\.json", path.name):
            parent = path.parent
            transcriptions.add(parent.parent if parent.name in CHIME5_SUBSETS else parent)
    if not recordings:
        raise _nothing(folder, "CHiME-5", "{session}_U01.CH1.wav")
    transcribed = only(transcriptions, "CHiME-5's transcriptions")
    if transcribed is None:
        raise _nothing(folder, "CHiME-5's transcriptions", "{session}.json")
    paths = sorted(set(map(in_subset, templates(recordings, folder))))
    return Corpus({"CHiME5": paths, chime5.ANNOTATION: [str(transcribed)]})


def in_subset(recording: str) -> str:
    """Replace the folder of a subset by a wildcard.

    >>> in_subset("/CHiME5/audio/dev/{uri}_U01.CH1.wav")
    '/CHiME5/audio/*/{uri}_U01.CH1.wav'
    """
    path = Path(recording)
    if path.parent.name in CHIME5_SUBSETS:
        return str(path.parent.parent / "*" / path.name)
    return recording


def find_voxceleb(folder: Path) -> Corpus:
    """VoxCeleb1 and the trials of its test set; VoxCeleb2 dev, if it is there."""
    folder = corpus_root(folder)
    utterances: dict[str, dict[str, Path]] = {
        "VoxCeleb1.dev": {},
        "VoxCeleb2.dev": {},
        "VoxCeleb1.test": {},
    }
    all_trials = set()
    for path in files_of(folder):
        if path.name == "veri_test.txt":
            all_trials.add(path)
        if path.suffix not in SPEECH_SUFFIXES:
            continue
        speaker = SPEAKER_FOLDER.fullmatch(path.parent.parent.name)
        if speaker is None:
            continue
        root = path.parent.parent.parent
        number = int(speaker[1])
        second = number < 10000
        if second and "test" in root.relative_to(folder).parts:
            continue
        subset = "test" if number in VOXCELEB1_TEST else "dev"
        name = str(path.relative_to(root).with_suffix(""))
        add(utterances[f"VoxCeleb{2 if second else 1}.{subset}"], name, path)
    names = {
        subset: sorted("/".join(path.parts[-3:]) for path in found.values())
        for subset, found in utterances.items()
    }
    roots = {path.parents[2] for found in utterances.values() for path in found.values()}
    trials = only(all_trials, "VoxCeleb1's trials")
    if not names["VoxCeleb1.test"]:
        raise _nothing(folder, "VoxCeleb1's test set", "id10270/{video}/{utterance}.wav and so on")
    if trials is None:
        raise _nothing(
            folder, "VoxCeleb1's trials", "veri_test.txt: download it from VoxCeleb's page into it"
        )
    if mistake := next(check_lines(trials), None):
        raise ValueError(mistake)

    (protocols,) = definition("voxceleb").values()
    for name in ("VoxCeleb1", "VoxCeleb2"):
        protocol = protocols["SpeakerVerification"][name]
        protocol["test"]["trial"] = str(trials)
        if not names[f"{name}.dev"]:
            del protocol["train"]
    if not names["VoxCeleb2.dev"]:
        del protocols["SpeakerVerification"]["VoxCeleb2"]
    return Corpus(
        databases={"VoxCeleb": [f"{root}/{{uri}}" for root in sorted(roots)]},
        lists={f"voxceleb/{name}.lst": uris for name, uris in names.items() if uris},
        recipes=tuple(f"voxceleb/{path.name}" for path in (FOLDER / "voxceleb").iterdir()),
        protocols={"VoxCeleb": protocols},
    )


def find_musan(folder: Path) -> Corpus:
    """Noise, music and speech of MUSAN."""
    folder = corpus_root(folder)
    recordings: dict[str, dict[str, Path]] = {part: {} for part in MUSAN_PARTS}
    roots = set()
    for path in files_of(folder):
        if path.suffix == ".wav" and path.parent.parent.name in recordings:
            root = path.parent.parent.parent
            roots.add(root)
            name = str(path.relative_to(root).with_suffix(""))
            add(recordings[path.parent.parent.name], name, path)
    if not roots:
        raise _nothing(folder, "MUSAN", "{noise,music,speech}/{source}/{name}.wav")
    collections = definition("musan")["MUSAN"]["Collection"]
    lists = {f"musan/{part}.lst": sorted(found) for part, found in recordings.items() if found}
    found = {name: entry for name, entry in collections.items() if entry["uri"] in lists}
    return Corpus(
        databases={"MUSAN": [f"{root}/{{uri}}.wav" for root in sorted(roots)]},
        lists=lists,
        protocols={"MUSAN": {"Collection": found}},
    )


FINDERS = {
    "ami": find_ami,
    "chime5": find_chime5,
    "voxceleb": find_voxceleb,
    "musan": find_musan,
}


def write_database_yml(corpora: list[Corpus], out: Path) -> None:
    """Write a `database.yml`, and lists beside it. The lists come first: it is whole, or not there.

    Its paths are absolute, since pyannote.database looks in the working directory first.

    Raises
    ------
    ValueError
        If one of the files exists already.
    """
    texts = {}
    for corpus in corpora:
        for name, lines in corpus.lists.items():
            texts[out.parent / name] = "".join(f"{line}\n" for line in lines)
        for name in corpus.recipes:
            texts[out.parent / name] = (FOLDER / name).read_text(encoding="utf-8")
    for path in (out, *texts):
        if path.exists():
            raise ValueError(f"{path} exists already; choose another place")
    for path, text in texts.items():
        write_text(path, text)
    written = {str(path.relative_to(out.parent)): str(path.resolve()) for path in texts}
    content = {
        "Databases": {
            name: paths for corpus in corpora for name, paths in corpus.databases.items()
        },
        "Protocols": {
            name: _replace(entries, written)
            for corpus in corpora
            for name, entries in corpus.protocols.items()
        },
    }
    write_text(out, HEADER + yaml.safe_dump(content, sort_keys=False))


def definition(corpus: str) -> dict:
    """Section `Protocols` of a definition of this package."""
    return yaml.safe_load((FOLDER / f"{corpus}.yml").read_text(encoding="utf-8"))["Protocols"]


def corpus_root(folder: Path) -> Path:
    """Absolute path of a folder of a corpus.

    Raises
    ------
    ValueError
        If there is no such folder, or its path holds what means something in `database.yml`.
    """
    root = folder.expanduser().resolve()
    if not root.is_dir():
        raise ValueError(f"no folder {folder}")
    if set("{}*") & set(str(root)):
        raise ValueError(f"{root}: braces and stars mean something in database.yml; rename it")
    return root


def files_of(root: Path) -> Iterator[Path]:
    """All files of a folder, in order, through links too, but for hidden ones."""
    visited = set()
    for parent, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(parent)
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(names) if not name.startswith("."))


def add(found: dict[str, Path], name: str, path: Path) -> None:
    """Add a recording to those found, which must be there once.

    Of conversions in one folder, as VoxCeleb's, the earlier in `SPEECH_SUFFIXES` is taken.
    """
    other = found.setdefault(name, path)
    if other == path:
        return
    if other.parent != path.parent:
        raise ValueError(
            f"{name} is there twice: {other} and {path}; name the folder of one of them"
        )
    found[name] = min(other, path, key=lambda path: SPEECH_SUFFIXES.index(path.suffix))


def only(found: set[Path], what: str) -> Path | None:
    """The one place of something, or None.

    Raises
    ------
    ValueError
        If there are several.
    """
    if len(found) > 1:
        places = " and ".join(map(str, sorted(found)))
        raise ValueError(f"{what} are there {len(found)} times: {places}; keep one")
    return next(iter(found), None)


def templates(recordings: Mapping[str, Path], root: Path) -> list[str]:
    """Paths of recordings, names replaced by a placeholder, once each."""
    return sorted({template(path, root, name) for name, path in recordings.items()})


def template(path: Path, root: Path, name: str) -> str:
    """Path of a recording, with its name replaced by a placeholder wherever it occurs in `root`.

    >>> template(Path("/ami/ES2002a/audio/ES2002a.Mix-Headset.wav"), Path("/ami"), "ES2002a")
    '/ami/{uri}/audio/{uri}.Mix-Headset.wav'
    """
    return f"{root}/" + str(path.relative_to(root)).replace(name, "{uri}")


def _replace(entries: dict | str, by: Mapping[str, str]) -> dict | str:
    """Replace values of nested dictionaries."""
    if isinstance(entries, dict):
        return {key: _replace(value, by) for key, value in entries.items()}
    return by.get(entries, entries)


def _nothing(folder: Path, what: str, expected: str) -> ValueError:
    return ValueError(f"{folder}: found nothing of {what} (looked for {expected})")
