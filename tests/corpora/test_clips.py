"""Corpora of clips: folders and ESC."""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict

import pytest
from pyannote.database import registry

from pyannote_strf.corpora import find
from pyannote_strf.corpora.esc import CLASSES, CLASSES_OF_ESC10
from pyannote_strf.database.check import check
from tests.corpora.folders import audio, init, write_audio

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

SUBSETS = ("train", "development", "test")
OLD_NAMES = {
    "dog": "001 - Dog bark",
    "rain": "002 - Rain",
    "crying_baby": "004 - Baby cry",
    "crackling_fire": "010 - Fire crackling",
}
OLD_NAMES_OF_ESC50 = {
    "dog": "101 - Dog",
    "rain": "201 - Rain",
    "crying_baby": "301 - Crying baby",
    "crackling_fire": "203 - Crackling fire",
}


def write_esc(root, layout, folds=(1, 2, 3, 4, 5)):
    """Write clips of four classes, two takes of one source in each fold, and one of another."""
    for label, number in (("dog", 0), ("rain", 10), ("crying_baby", 20), ("crackling_fire", 12)):
        for fold in folds:
            for source, take in ((1, "A"), (1, "B"), (2, "A")):
                stem = f"{fold}-{100 * number + 10 * fold + source}-{take}"
                path = {
                    "current": f"ESC-50-master/audio/{stem}-{number}.wav",
                    "first": f"ESC-50-master/{OLD_NAMES_OF_ESC50[label]}/{stem}.ogg",
                    "esc10": f"ESC-10-master/{OLD_NAMES[label]}/{stem}.ogg",
                }[layout]
                write_audio(root / path, 0.2, seed=number)
    (root / "README.md").write_text("text")
    return root


def subsets_of(protocol):
    """Return the tags and the group of each clip of each subset."""
    loaded = registry.get_protocol(protocol)
    return {
        subset: {file["uri"]: (file["tags"], file["group"]) for file in getattr(loaded, subset)()}
        for subset in SUBSETS
    }


@pytest.mark.parametrize(
    ("corpus", "layout"),
    [("esc50", "current"), ("esc50", "first"), ("esc10", "esc10"), ("esc10", "current")],
)
def test_esc_is_found_in_every_layout(tmp_path, corpus, layout):
    init(tmp_path, **{corpus: write_esc(tmp_path / "esc", layout)})
    for fold in range(1, 6):
        name = f"{corpus.upper()}.Protocol.Fold{fold}"
        assert check(name).problems == []
        subsets = subsets_of(name)
        following = fold % 5 + 1
        for subset, folds in (
            ("test", {fold}),
            ("development", {following}),
            ("train", {1, 2, 3, 4, 5} - {fold, following}),
        ):
            numbers = {int(uri.rpartition("/")[2].partition("-")[0]) for uri in subsets[subset]}
            assert numbers == folds
            counts = Counter(tags for tags, _ in subsets[subset].values())
            assert counts == dict.fromkeys(OLD_NAMES, 3 * len(folds))
        uri, (_, group) = next(iter(subsets["test"].items()))
        assert uri.rpartition("/")[2].split("-")[1] == group
    assert len(audio(f"{corpus.upper()}.Protocol.Fold1")) == 36


def test_esc10_is_the_part_of_esc50_with_its_classes(tmp_path):
    root = write_esc(tmp_path / "esc", "current")
    write_audio(root / "ESC-50-master/audio/1-7-A-49.wav", 0.2)
    labels = {}
    for name in ("esc50", "esc10"):
        (tags,) = (lines for path, lines in find(name, root).lists.items() if ".tags" in path)
        labels[name] = {line.rpartition(",")[2] for line in tags[1:]}
    assert labels["esc50"] == {*OLD_NAMES, "hand_saw"}
    assert labels["esc10"] == set(OLD_NAMES)
    assert (len(CLASSES), len(set(CLASSES)), CLASSES[49]) == (50, 50, "hand_saw")
    assert len(set(CLASSES_OF_ESC10) & set(CLASSES)) == 10


def test_partial_esc_has_the_folds_that_are_found(tmp_path):
    corpus = find("esc10", write_esc(tmp_path / "esc", "esc10", folds=(1, 2, 4)))
    protocols = corpus.protocols["ESC10"]["Protocol"]
    assert {name: list(entries) for name, entries in protocols.items()} == {
        f"Fold{fold}": ["train", "development", "test"] for fold in (1, 2, 4)
    }
    first = corpus.lists["esc10/Fold4.development.lst"]
    assert {uri.rpartition("/")[2][0] for uri in first} == {"1"}
    two = find("esc10", write_esc(tmp_path / "two", "esc10", folds=(1, 2)))
    assert list(two.protocols["ESC10"]["Protocol"]["Fold1"]) == ["train", "test"]


@pytest.mark.parametrize("corpus", ["esc10", "esc50"])
def test_missing_esc_is_an_error(tmp_path, corpus):
    with pytest.raises(ValueError, match=rf"{corpus.upper()} not found \(expected audio/1-100032"):
        find(corpus, tmp_path)


def test_copies_in_two_layouts_are_an_error(tmp_path):
    for layout in ("current", "esc10"):
        write_esc(tmp_path / "esc", layout)
    with pytest.raises(ValueError, match=r"found [\w-]+ \(\w+\) twice: .*; give the folder of one"):
        find("esc10", tmp_path / "esc")


def test_sources_in_two_folds_are_an_error(tmp_path):
    root = write_esc(tmp_path / "esc", "current")
    for fold in (1, 2):
        write_audio(root / f"ESC-50-master/audio/{fold}-7-A-0.wav", 0.2)
    with pytest.raises(ValueError, match="clips of '7' are in folds 1 and 2"):
        find("esc50", root)


def write_birds(root, speakers=10, takes=3, labels=("wren", "robin")):
    """Write clips `{label}/{part}/{speaker}_{take}.wav`."""
    for label in labels:
        for speaker in range(speakers):
            for take in range(takes):
                part = ("first", "second")[speaker % 2]
                write_audio(root / label / part / f"s{speaker}_{take}.wav", 0.1, seed=speaker)
    (root / "notes.txt").write_text("text")
    (root / ".cache").mkdir()
    return root


def folds_of(corpus):
    """Return the clips on which each protocol tests."""
    return {
        path.partition(".")[0]: lines
        for path, lines in corpus.lists.items()
        if path.endswith(".test.lst")
    }


def test_folders_are_divided_into_folds_of_equal_classes_and_whole_groups(tmp_path):
    root = write_birds(tmp_path / "my birds.v1")
    corpus = find("folders", root, group=r"^(s\d+)_", num_folds=5)
    assert list(corpus.protocols) == ["my_birds_v1"]
    folds = folds_of(corpus)
    assert sorted(uri for uris in folds.values() for uri in uris) == sorted(
        str(path.relative_to(root)) for path in root.rglob("*.wav")
    )
    seen = defaultdict(set)
    for name, uris in folds.items():
        assert Counter(uri.split("/")[0] for uri in uris) == {"wren": 6, "robin": 6}
        for uri in uris:
            seen[uri.rpartition("/")[2].partition("_")[0]].add(name)
    assert {len(names) for names in seen.values()} == {1}
    assert folds_of(find("folders", root, group=r"^(s\d+)_", num_folds=5)) == folds


def test_without_a_pattern_each_clip_is_a_group(tmp_path):
    root = write_birds(tmp_path / "birds", speakers=2, takes=5)
    init(tmp_path, folders=root)
    for fold in range(1, 6):
        name = f"birds.Protocol.Fold{fold}"
        assert check(name).problems == []
        subsets = subsets_of(name)
        assert [len(subsets[subset]) for subset in SUBSETS] == [12, 4, 4]
        assert all(uri == group for uri, (_, group) in subsets["train"].items())


def test_protocols_load_in_another_program(tmp_path):
    init(tmp_path, folders=write_birds(tmp_path / "birds", takes=1))
    script = (
        "import json\n"
        "from pyannote.database import FileFinder, registry\n"
        "protocol = registry.get_protocol('birds.Protocol.Fold2', {'audio': FileFinder()})\n"
        "print(json.dumps([[f['uri'], str(f['audio']), f['tags']] for f in protocol.test()]))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYANNOTE_DATABASE_CONFIG": str(tmp_path / "db.yml")},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    clips = json.loads(found.stdout.splitlines()[-1])
    assert len(clips) == 4
    for uri, path, label in clips:
        assert path == str(tmp_path / "birds" / uri)
        assert uri.startswith(f"{label}/")


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda root: (root / "owl").mkdir(), {}, "owl: holds no clip"),
        (
            lambda root: write_audio(root / "owl" / "a.wav", 0.1),
            {},
            "owl: clips of 1 groups cannot be in 5 folds; use fewer folds",
        ),
        (lambda root: None, {"group": "("}, r"group '\(' is not a regular expression"),
        (lambda root: None, {"group": "x"}, "group 'x' is not found in the name of 'robin/"),
        (
            lambda root: None,
            {"group": "^s[1-3]|^s"},
            "robin: clips of 4 groups cannot be in 5 folds",
        ),
        (lambda root: None, {"num_folds": 1}, "number of folds must be a number from 2"),
        (
            lambda root: (root / "wren").rename(root.parent / "wren"),
            {},
            "two labels or more are needed, found only 'robin'",
        ),
        (
            lambda root: (root / "wren").rename(root / "wren,grey"),
            {},
            "label 'wren,grey' holds a comma",
        ),
        (
            lambda root: write_audio(root / "wren" / "a\a.wav", 0.1),
            {},
            r"birds: 'wren/a\\x07.wav' holds characters that cannot be printed; rename it",
        ),
        (
            lambda root: (root / "wren").rename(root / " wren"),
            {},
            "' wren/.*' starts or ends with a space; rename it",
        ),
    ],
)
def test_mistakes_in_folders_are_refused(tmp_path, change, options, message):
    root = write_birds(tmp_path / "birds", speakers=6, takes=1)
    change(root)
    with pytest.raises(ValueError, match=message):
        find("folders", root, **options)


def test_folders_without_clips_are_refused(tmp_path):
    write_audio(tmp_path / "birds" / "a.wav", 0.1)
    with pytest.raises(ValueError, match=r"clips not found \(expected {label}/{name}.wav"):
        find("folders", tmp_path / "birds")
