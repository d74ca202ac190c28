"""UrbanSound8K, FSD50K and SONYC-UST."""

import re
import shutil
from collections import Counter

import pytest
from pyannote.database import registry

from pyannote_strf.corpora import find, sonyc
from pyannote_strf.corpora.urbansound8k import CLASSES
from pyannote_strf.database.check import check
from pyannote_strf.metrics.sonyc import COARSE, FINE
from tests.corpora.clip_corpora import (
    FSD50K,
    coarse_of,
    sonyc_header,
    sonyc_row,
    write_csv,
    write_fsd50k,
    write_sonyc,
    write_urbansound8k,
)
from tests.corpora.folders import audio, init, write_audio

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

SUBSETS = ("train", "development", "test")
WRITE = {"urbansound8k": write_urbansound8k, "fsd50k": write_fsd50k, "sonyc": write_sonyc}


def subsets_of(protocol):
    """Return the tags of each clip of each subset."""
    loaded = registry.get_protocol(protocol)
    return {
        subset: {file["uri"]: file["tags"] for file in getattr(loaded, f"{subset}_iter")()}
        for subset in SUBSETS
    }


def test_urbansound8k_keeps_its_folds(tmp_path):
    init(tmp_path, urbansound8k=write_urbansound8k(tmp_path / "corpus", per_fold=2))
    for fold in range(1, 11):
        subsets = subsets_of(f"UrbanSound8K.Protocol.Fold{fold}")
        for subset, folds in (
            ("test", {fold}),
            ("development", {fold % 10 + 1}),
            ("train", set(range(1, 11)) - {fold, fold % 10 + 1}),
        ):
            assert {uri.partition("/")[0] for uri in subsets[subset]} == {f"fold{n}" for n in folds}
            assert Counter(subsets[subset].values()) == dict.fromkeys(CLASSES, 2 * len(folds))
        for uri, label in subsets["test"].items():
            assert uri.rpartition("/")[2].split("-")[1] == str(CLASSES.index(label))
    report = check("UrbanSound8K.Protocol.Fold1")
    assert report.problems == []
    assert set(report.sample_rates["train"]) == {22050, 44100}
    assert {clip.group for clip in report.clips["test"]} == {
        uri.rpartition("/")[2].split("-")[0]
        for uri in subsets_of("UrbanSound8K.Protocol.Fold1")["test"]
    }


def test_fsd50k_has_the_official_parts_and_labels(tmp_path):
    init(tmp_path, fsd50k=write_fsd50k(tmp_path / "corpus"))
    assert check("FSD50K.Protocol.Official").problems == []
    subsets = subsets_of("FSD50K.Protocol.Official")
    for subset, part in zip(SUBSETS, ("train", "val", "eval")):
        assert {
            uri: ",".join(sorted(label for label, value in tags.items() if value))
            for uri, tags in subsets[subset].items()
        } == FSD50K[part]
        assert all(len(tags) == 5 for tags in subsets[subset].values())
    assert all("FSD50K.eval_audio" in path for path in audio("FSD50K.Protocol.Official", "test"))


@pytest.mark.parametrize("layout", ["2.2", "2.3"])
def test_sonyc_is_found_in_both_layouts(tmp_path, layout):
    init(tmp_path, sonyc=write_sonyc(tmp_path / "corpus", layout))
    for protocol, classes in (("Coarse", COARSE), ("Fine", FINE)):
        assert check(f"SONYC.Protocol.{protocol}").problems == []
        subsets = subsets_of(f"SONYC.Protocol.{protocol}")
        assert [len(subsets[subset]) for subset in SUBSETS] == [46, 23, 23]
        for clips in subsets.values():
            for uri, tags in clips.items():
                assert list(tags) == list(classes)
                label = FINE[int(uri[:2]) % 23]
                expected = coarse_of(label) if protocol == "Coarse" else label
                assert [label for label, value in tags.items() if value] == [expected]
    folder = "audio-eval-0" if layout == "2.2" else "audio-18"
    assert all(f"/{folder}/" in path for path in audio("SONYC.Protocol.Fine", "test"))


ENGINE, SMALL, LARGE = "1_engine", "1-1_small-sounding-engine", "1-3_large-sounding-engine"
UNCERTAIN = "1-X_engine-of-uncertain-size"
HORN = "5-1_car-horn"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # any volunteer is enough; neither the authors nor agreed labels count
        ([("train", 3, [ENGINE]), ("train", 4, [])], {ENGINE: True}),
        ([("train", 3, []), ("train", 0, [ENGINE]), ("train", -1, [ENGINE])], {ENGINE: False}),
        # the agreed labels alone count
        ([("test", 3, [ENGINE]), ("test", -2, [ENGINE]), ("test", 0, [])], {ENGINE: False}),
        ([("validate", 3, []), ("validate", 0, [ENGINE])], {ENGINE: True}),
        # nothing is known of the fine labels of the category, except of those agreed on
        (
            [("train", 3, [ENGINE, UNCERTAIN]), ("train", 4, [ENGINE, SMALL])],
            {ENGINE: True, SMALL: None, LARGE: None, HORN: False},
        ),
        (
            [("test", 0, [ENGINE, UNCERTAIN, SMALL])],
            {ENGINE: True, SMALL: True, LARGE: None, HORN: False},
        ),
        ([("test", 0, [UNCERTAIN])], {SMALL: None, LARGE: None, HORN: False}),
    ],
)
def test_targets_of_sonyc_are_the_official_ones(tmp_path, rows, expected):
    table = [sonyc_row(part, "00_000066", who, present) for part, who, present in rows]
    others = [
        sonyc_row(part, "01_000001", 0 if part != "train" else 1) for part in ("train", "test")
    ]
    others[1][2] = "02_000002.wav"
    write_csv(tmp_path / "sonyc" / "annotations.csv", [sonyc_header(), *table, *others])
    write_audio(tmp_path / "sonyc" / "audio" / "00_000066.wav", 0.1)
    init(tmp_path, sonyc=tmp_path / "sonyc")
    subset = {"validate": "development"}.get(rows[0][0], rows[0][0])
    found = {}
    for protocol in ("Coarse", "Fine"):
        loaded = registry.get_protocol(f"SONYC.Protocol.{protocol}")
        files = {file["uri"]: file["tags"] for file in getattr(loaded, f"{subset}_iter")()}
        found |= files["00_000066"]
    assert {label: found.get(label) for label in expected} == expected


def test_labels_that_nobody_annotated_are_unknown(tmp_path):
    rows = [
        sonyc_row("train", "00_000066", 1, [ENGINE], unknown=True),
        sonyc_row("train", "00_000066", 2, [HORN], unknown=True),
    ]
    table = tmp_path / "annotations.csv"
    write_csv(table, [sonyc_header(), *rows])
    (clip,) = sonyc.read_annotations(table).values()
    present = [label for label, value in zip(sonyc.LABELS, clip.labels) if value != -1]
    assert present == [ENGINE, HORN]
    assert clip.labels.max() == 1


def test_clips_without_agreed_labels_are_left_out(tmp_path):
    rows = [sonyc_row("validate", "00_000066", who) for who in (-1, 1, 2)]
    write_csv(tmp_path / "annotations.csv", [sonyc_header(), *rows])
    assert sonyc.read_annotations(tmp_path / "annotations.csv") == {}


def test_labels_of_sonyc_are_those_of_the_taxonomy():
    assert [len(set(each)) for each in (COARSE, FINE, sonyc.INCOMPLETE)] == [8, 23, 6]
    assert Counter(label[0] for label in FINE) == dict(zip("12345678", (3, 4, 1, 3, 4, 3, 4, 1)))


@pytest.mark.parametrize("corpus", WRITE)
def test_clips_without_audio_are_counted_and_kept(tmp_path, corpus):
    root = WRITE[corpus](tmp_path / "corpus")
    assert find(corpus, root).notes == ()
    first, *_ = sorted(root.rglob("*.wav"))
    first.unlink()
    found = find(corpus, root)
    (note,) = found.notes
    assert f"1 of {len(list(root.rglob('*.wav'))) + 1} clips have no audio: " in note
    assert first.name in note
    assert any(first.stem in line for line in next(iter(found.lists.values())))


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


CSV = {
    "urbansound8k": "UrbanSound8K/metadata/UrbanSound8K.csv",
    "fsd50k": "FSD50K.ground_truth/dev.csv",
    "sonyc": "annotations.csv",
}


@pytest.mark.parametrize("corpus", WRITE)
def test_missing_parts_and_second_copies_are_refused(tmp_path, corpus):
    (tmp_path / "empty").mkdir()
    name = CSV[corpus].rpartition("/")[2]
    expected = CSV["fsd50k"].replace("dev", "vocabulary") if corpus == "fsd50k" else name
    with pytest.raises(
        ValueError, match=rf"empty: .* not found \(expected .*{expected.split('/')[-1]}"
    ):
        find(corpus, tmp_path / "empty")
    root = WRITE[corpus](tmp_path / "corpus")
    copy = root / "copy"
    first, *_ = sorted(root.rglob("*.wav"))
    (copy / first.parent.name).mkdir(parents=True)
    shutil.copy(first, copy / first.parent.name)
    with pytest.raises(ValueError, match=f"{first.stem} twice: .*; give the folder of one"):
        find(corpus, root)
    shutil.copy(root / CSV[corpus], copy)
    with pytest.raises(ValueError, match=rf"found {name} 2 times: .* and .*; keep one"):
        find(corpus, root)
    for path in root.rglob("*.wav"):
        path.unlink()
    (copy / name).unlink()
    with pytest.raises(ValueError, match=r"clips not found \(expected "):
        find(corpus, root)
    (root / CSV[corpus]).unlink()
    with pytest.raises(ValueError, match=rf"{name} of .* not found \(expected"):
        find(corpus, root)


@pytest.mark.parametrize(
    ("corpus", "file", "old", "new", "message"),
    [
        (
            "urbansound8k",
            "",
            ",fold,",
            ",folds,",
            "UrbanSound8K.csv, line 1: column 'fold' does not exist; did you mean 'folds'",
        ),
        ("urbansound8k", "", ",class\n", ",fold\n", "column 'fold' appears twice"),
        (
            "urbansound8k",
            "",
            ",car_horn",
            ",carhorn",
            "line 3, column 'class': 'carhorn' is not a class; did you mean 'car_horn'",
        ),
        (
            "urbansound8k",
            "",
            ",1,1,0,air",
            ",1,11,0,air",
            "line 2, column 'fold': '11' is not a number from 1 to 10",
        ),
        (
            "urbansound8k",
            "",
            "101000-0-0-0.wav,",
            ",",
            "line 2, column 'slice_file_name': '' is not the name of a WAV file",
        ),
        ("urbansound8k", "", ".wav,101000,", ".wav,,", "line 2, column 'fsID': is empty"),
        (
            "urbansound8k",
            "",
            "101010-1-0-0.wav,101010,0.0,0.317551,1,1,1,car_horn",
            "101000-0-0-0.wav,101010,0.0,0.317551,1,1,1,car_horn",
            "line 3, column 'slice_file_name': is in line 2 too",
        ),
        ("urbansound8k", "", ",102000,", ",101000,", "clips of '101000' are in folds 1 and 2"),
        ("urbansound8k", "", ",car_horn", "", "line 3: expected 8 fields, got 7"),
        ("fsd50k", "", ",split", ",part", "dev.csv, line 1: column 'split' does not exist"),
        (
            "fsd50k",
            "",
            "Electric_guitar,",
            "Electric_gitar,",
            "dev.csv, line 2, column 'labels': 'Electric_gitar' is not in vocabulary.csv; did you",
        ),
        ("fsd50k", "", ",val", ",test", "line 6, column 'split': 'test' is neither train nor val"),
        (
            "fsd50k",
            "",
            "16399",
            "16399.wav",
            "line 3, column 'fname': '16399.wav' is not the number of a clip",
        ),
        (
            "fsd50k",
            "FSD50K.ground_truth/eval.csv",
            "37199",
            "16399",
            "eval.csv, line 2, column 'fname': '16399' is listed twice",
        ),
        (
            "fsd50k",
            "FSD50K.ground_truth/eval.csv",
            "labels,",
            "label,",
            "eval.csv, line 1: column 'labels' does not exist",
        ),
        (
            "fsd50k",
            "FSD50K.ground_truth/vocabulary.csv",
            "1,Dog",
            "1,Bark",
            "line 2, column 'label': 'Bark' appears twice",
        ),
        (
            "fsd50k",
            "FSD50K.ground_truth/vocabulary.csv",
            "0,Bark,",
            "0,",
            "vocabulary.csv, line 1: expected 3 fields, got 2",
        ),
        (
            "sonyc",
            "",
            "1_engine_presence",
            "engine_presence",
            "annotations.csv, line 1: column '1_engine_presence' does not exist",
        ),
        (
            "sonyc",
            "",
            "train,",
            "training,",
            "line 2, column 'split': 'training' is not train, validate or test",
        ),
        (
            "sonyc",
            "",
            ".wav,100,",
            ".wav,me,",
            "line 2, column 'annotator_id': 'me' is not a number",
        ),
        (
            "sonyc",
            "",
            "13,1,0",
            "13,2,0",
            "line 2, column '1-1_small-sounding-engine_presence': '2' is not 1, 0 or -1",
        ),
    ],
)
def test_malformed_metadata_are_refused(tmp_path, corpus, file, old, new, message):
    root = WRITE[corpus](tmp_path / "corpus")
    edit(root / (file or CSV[corpus]), old, new)
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        find(corpus, root)
    assert str(error.value).startswith(str(root))
    assert "\n" not in str(error.value)


def test_clips_in_two_parts_of_sonyc_are_refused(tmp_path):
    rows = [sonyc_row("train", "00_000066", 1), sonyc_row("test", "00_000066", 0)]
    write_csv(tmp_path / "annotations.csv", [sonyc_header(), *rows])
    with pytest.raises(
        ValueError, match="line 3, column 'split': '00_000066' is both in train and in"
    ):
        sonyc.read_annotations(tmp_path / "annotations.csv")


@pytest.mark.parametrize(
    ("corpus", "file"), [("fsd50k", "FSD50K.ground_truth/eval.csv"), ("sonyc", "annotations.csv")]
)
def test_tables_without_clips_are_refused(tmp_path, corpus, file):
    root = WRITE[corpus](tmp_path / "corpus")
    path = root / file
    path.write_text(path.read_text().partition("\n")[0] + "\n")
    with pytest.raises(ValueError, match=re.escape(f"{path}: has no rows of clips")):
        find(corpus, root)
