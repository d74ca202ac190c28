from collections import Counter

import pytest
from pyannote.database import registry

from pyannote_strf.corpora import find
from pyannote_strf.corpora.zebra_finch import TYPES, call_of
from pyannote_strf.database.check import check
from tests.corpora.clip_corpora import ZEBRA_FINCH, write_zebra_finch
from tests.corpora.folders import init, write_audio

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

SUBSETS = ("train", "development", "test")


def subsets_of(protocol):
    """Return the tags and the group of each clip of each subset."""
    loaded = registry.get_protocol(protocol)
    return {
        subset: {
            file["uri"]: (file["tags"], file.get("group"))
            for file in getattr(loaded, f"{subset}_iter")()
        }
        for subset in SUBSETS
    }


def values(subset, position):
    return {each[position] for each in subset.values()}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("WhiLbl0010_110418-DC-02", ("WhiLbl0010", "DC")),
        ("BluRas61dd_110406-TetC-15", ("BluRas61dd", "Te")),
        ("BluRas61dd_110406-tuckC-15", ("BluRas61dd", "Tu")),
        ("BluRas61dd_110406-ltC-15", ("BluRas61dd", "LT")),
        ("BluRas61dd_110406--AggC-15", ("BluRas61dd", "Ag")),
        ("HpiHpi4748_110406-So-1", ("HPiHPi4748", "So")),
        ("BluRas61dd_110406-WCop-01", None),
        ("Unknown11_110406-DC-01", None),
        ("Unknown-11_110406-DC-01", None),
        ("BluRas61dd_110406-XxC-01", None),
        ("notes", None),
    ],
)
def test_names_are_read_with_the_corrections_of_the_authors(name, expected):
    assert call_of(name) == expected


def test_every_type_is_read_in_any_case():
    for kind in TYPES:
        for text in (kind, kind.lower(), kind.upper()):
            assert call_of(f"BluRas61dd_110406-{text}-15").type == kind


def test_folds_of_types_hold_other_birds(tmp_path):
    init(tmp_path, zebra_finch=write_zebra_finch(tmp_path / "finches"))
    tested = Counter()
    for fold in range(1, 6):
        assert check(f"ZebraFinch.Protocol.Fold{fold}").problems == []
        subsets = subsets_of(f"ZebraFinch.Protocol.Fold{fold}")
        birds = {subset: values(clips, 1) for subset, clips in subsets.items()}
        assert not birds["test"] & (birds["train"] | birds["development"])
        assert not birds["train"] & birds["development"]
        assert values(subsets["train"], 0) == {*ZEBRA_FINCH, "Be"}
        tested.update(list(subsets["test"]))
    assert set(tested.values()) == {1}
    assert len(tested) == 2 * (4 * 6 + 5)


def test_adults_are_in_five_folds_of_other_birds_without_distress(tmp_path):
    root = write_zebra_finch(tmp_path / "finches")
    for number in range(5):
        write_audio(root / "AdultVocalizations" / f"BluRas{number:02d}dd_110406-DiC-00.wav", 0.1)
    init(tmp_path, zebra_finch=root)
    every = subsets_of("ZebraFinch.Protocol.Fold1")
    assert "Di" in {label for clips in every.values() for label in values(clips, 0)}
    tested = Counter()
    for fold in range(1, 6):
        subsets = subsets_of(f"ZebraFinchAdults.Protocol.Fold{fold}")
        birds = {subset: values(clips, 1) for subset, clips in subsets.items()}
        assert not birds["test"] & (birds["train"] | birds["development"])
        assert values(subsets["train"], 0) == set(ZEBRA_FINCH)
        tested.update(list(subsets["test"]))
    assert set(tested.values()) == {1}
    assert len(tested) == 2 * 4 * 6


def test_each_bird_is_left_out_once(tmp_path):
    init(tmp_path, zebra_finch=write_zebra_finch(tmp_path / "finches"))
    every = subsets_of("ZebraFinch.Protocol.Fold1")
    clips = {uri: tags for subset in every.values() for uri, tags in subset.items()}
    birds = sorted(values(clips, 1))
    assert len(birds) == 11
    folds = [set(subsets_of(f"ZebraFinch.Protocol.Fold{fold}")["test"]) for fold in range(1, 6)]
    for number, bird in enumerate(birds, start=1):
        subsets = subsets_of(f"ZebraFinchBirds.Protocol.Fold{number}")
        assert subsets["test"] == {uri: tags for uri, tags in clips.items() if tags[1] == bird}
        others = subsets["train"] | subsets["development"]
        assert others == {uri: tags for uri, tags in clips.items() if tags[1] != bird}
        assert not values(subsets["train"], 1) & values(subsets["development"], 1)
        (own,) = (fold for fold in range(5) if set(subsets["test"]) <= folds[fold])
        assert set(subsets["development"]) == folds[(own + 1) % 5]
    assert sum(name.startswith("ZebraFinchBirds.") for name in registry) == len(birds)


def test_callers_are_in_all_ten_folds(tmp_path):
    root = write_zebra_finch(tmp_path / "finches", birds=4, takes=5)
    corpus = find("zebra_finch", root)
    # the calls of five chicks are too few
    assert any(
        "birds with fewer than 10 calls" in note and "GreOra" in note for note in corpus.notes
    )
    init(tmp_path, zebra_finch=root)
    for fold in range(1, 11):
        subsets = subsets_of(f"ZebraFinchCallers.Protocol.Fold{fold}")
        for subset, folds in (("train", 8), ("development", 1), ("test", 1)):
            counts = Counter(label for label, _ in subsets[subset].values())
            assert counts == dict.fromkeys(counts, 2 * folds)
            assert sorted(counts) == ["BluRas00dd", "BluRas01dd", "BluRas02dd", "HPiHPi4748"]
        assert all(group is None for _, group in subsets["test"].values())
    assert check("ZebraFinchCallers.Protocol.Fold1").problems == []


def test_what_is_missing_or_left_out_is_said(tmp_path):
    root = write_zebra_finch(tmp_path / "finches")
    for name in ("Unknown11_110406-DC-01", "BluRas00dd_110406-WC-01", "BluRas00dd_110406-Di-01"):
        write_audio(root / "AdultVocalizations" / f"{name}.wav", 0.1)
    corpus = find("zebra_finch", root)
    assert [note.partition(": ")[2].partition(":")[0] for note in corpus.notes[:3]] == [
        "2 recordings are left out, of unknown birds, of copulation whines or with other names",
        "no calls of types LT, Ne, So, Tu, Wh",
        "types Di are left out, of which fewer than 5 birds call",
    ]
    assert not any("-Di-" in line for lines in corpus.lists.values() for line in lines[:1])


def test_distance_calls_alone_are_enough_for_callers(tmp_path):
    for bird in ("WhiLbl0010", "YelOra2575"):
        for take in range(10):
            write_audio(tmp_path / "BirdCalls" / f"{bird}_110406-DC-{take:02d}.wav", 0.1)
    corpus = find("zebra_finch", tmp_path)
    assert list(corpus.protocols) == ["ZebraFinchCallers"]
    assert "ZebraFinch and ZebraFinchBirds are not written" in corpus.notes[-1]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], r"calls not found \(expected BluRas61dd_110406-TetC-15.wav"),
        (["BluRas61dd_110406-DC-01.wav"], "too few calls; .* it needs two birds or more"),
        (
            [
                "BirdCalls/BluRas61dd_110406-DC-01.wav",
                "AdultVocalizations/BluRas61dd_110406-DC-01.wav",
            ],
            "found BluRas61dd_110406-DC-01 twice: .*; give the folder of one of them",
        ),
    ],
)
def test_mistakes_in_copies_are_refused(tmp_path, files, message):
    for name in files:
        write_audio(tmp_path / name, 0.1)
    with pytest.raises(ValueError, match=message):
        find("zebra_finch", tmp_path)


def test_published_calls_are_divided_by_caller(tmp_path, shared):
    init(tmp_path, zebra_finch=shared / "data" / "zebra_finch")
    calls = Counter()
    for fold in range(1, 11):
        subsets = subsets_of(f"ZebraFinchCallers.Protocol.Fold{fold}")
        assert 8 <= len(subsets["test"]) <= 10
        calls.update(label for label, _ in subsets["test"].values())
    assert calls == {"WhiLbl0010": 21, "WhiRas44dd": 25, "YelGre5275": 25, "YelOra2575": 20}
