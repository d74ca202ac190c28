import time

import pytest
import yaml
from pyannote.database import registry

from pyannote_strf.database.check import check
from pyannote_strf.database.check_clips import ClipFacts, known, positives
from pyannote_strf.database.clips import GroupsLoader, TagsLoader
from pyannote_strf.database.overview import overview
from pyannote_strf.database.protocols import load_registry
from tests.corpora.folders import write_audio

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

NAME = "Yard.Protocol.Fold1"
LABELS = {
    "train": {"a": "dog", "b": "rain", "c": "dog", "d": "rain"},
    "test": {"e": "dog", "f": "rain"},
}
GROUPS = dict(zip("abcdef", ("one", "two", "one", "two", "three", "four")))


def tags_in(path, text):
    path.write_text(text)
    loader = TagsLoader(path)
    return {uri: loader({"uri": uri}) for uri in loader.rows.by_clip}


def test_single_labels_are_read(tmp_path):
    text = '\ufeffuri,label\r\n"001 - Dog bark/1-100032-A", Dog bark \r\n\r\nb,rain\r\n'
    assert tags_in(tmp_path / "x.tags", text) == {
        "001 - Dog bark/1-100032-A": "Dog bark",
        "b": "rain",
    }


def test_several_labels_are_read_and_unknown_ones_left_out(tmp_path):
    found = tags_in(tmp_path / "x.tags", "uri,dog,sea waves\na,1,0\nb,,1\nc,,\nd,0,0\n")
    assert found == {
        "a": {"dog": True, "sea waves": False},
        "b": {"sea waves": True},
        "c": {},
        "d": {"dog": False, "sea waves": False},
    }


def test_clips_that_are_not_listed_have_no_tags_and_no_group(tmp_path):
    assert "a" in tags_in(tmp_path / "x.tags", "uri,label\na,dog\n")
    assert TagsLoader(tmp_path / "x.tags")({"uri": "z"}) is None
    (tmp_path / "x.groups").write_text("uri,group\na,yard 1\n")
    loader = GroupsLoader(tmp_path / "x.groups")
    assert (loader({"uri": "a"}), loader({"uri": "z"})) == ("yard 1", None)


def test_changed_files_are_read_again(tmp_path):
    assert tags_in(tmp_path / "x.tags", "uri,label\na,dog\n") == {"a": "dog"}
    assert tags_in(tmp_path / "x.tags", "uri,label\na,rain\n") == {"a": "rain"}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the header is '', expected uri,label"),
        ("clip,label\na,dog\n", 1, "the header is 'clip,label', expected uri,label"),
        ("uri\na\n", 1, "the header is 'uri', expected"),
        ("uri,dog,dog\na,1,0\n", 1, "column 'dog' appears twice"),
        ("uri,dog,\na,1,0\n", 1, "a label is empty"),
        ("uri,label\na,dog\nb,dog,rain\n", 3, "expected 2 fields, got 3"),
        ("uri,label\na,dog\n\nb\n", 4, "expected 2 fields, got 1"),
        ('uri,label\na,"dog,rain"\n', 2, "holds a comma; for several labels, use one column"),
        ("uri,label\na,dog\nb,dog\na,rain\n", 4, "'a' is in line 2 too"),
        ("uri,label\na,\n", 2, "a label is empty"),
        ("uri,label\n,dog\n", 2, "the name of the clip is empty"),
        (f"uri,label\na,{'x' * 200}\n", 2, "more than 100 characters"),
        ("uri,dog,rain\na,1,yes\n", 2, "'rain' is 'yes', expected 1, 0, or nothing"),
        ("uri,dog,rain\na,1,-1\n", 2, "'rain' is '-1', expected"),
        ('uri,label\na,"dog\nb,rain\n', 3, "not valid CSV"),
        ('uri,label\na,"dog"s\n', 2, "not valid CSV"),
        ("uri,label\na,do\0g\n", 2, "null byte"),
    ],
)
def test_malformed_lines_are_refused(tmp_path, text, line, message):
    path = tmp_path / "x.tags"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"^{path}, line {line}: .*{message}"):
        TagsLoader(path)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("uri,speaker\na,x\n", 1, "the header is 'uri,speaker', expected uri,group"),
        ("uri,group\na,\n", 2, "the group is empty"),
        ("uri,group\na,x\na,y\n", 3, "'a' is in line 2 too"),
    ],
)
def test_malformed_groups_are_refused(tmp_path, text, line, message):
    path = tmp_path / "x.groups"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"^{path}, line {line}: .*{message}"):
        GroupsLoader(path)


def test_ten_thousand_clips_of_200_labels_are_read_in_seconds(tmp_path):
    row = "," + ",".join("01" * 100)
    path = tmp_path / "x.tags"
    text = "uri," + ",".join(f"label {n}" for n in range(200)) + "\n"
    path.write_text(text + "".join(f"clip{n}{row}\n" for n in range(10_000)))
    start = time.perf_counter()
    loader = TagsLoader(path)
    assert sum(loader({"uri": f"clip{n}"})["label 7"] for n in range(10_000)) == 10_000
    assert time.perf_counter() - start < 10


@pytest.fixture
def yard(tmp_path):
    """Write a valid corpus of clips with a single label and groups."""
    protocol = {}
    for subset, labels in LABELS.items():
        (tmp_path / f"{subset}.lst").write_text("".join(f"{uri}\n" for uri in labels))
        protocol[subset] = {"uri": f"{subset}.lst", "tags": "yard.tags", "group": "yard.groups"}
        for uri in labels:
            write_audio(tmp_path / f"{uri}.wav", 0.5)
    every = {**LABELS["train"], **LABELS["test"]}
    for name, column, values in (("yard.tags", "label", every), ("yard.groups", "group", GROUPS)):
        rows = "".join(f"{uri},{value}\n" for uri, value in values.items())
        (tmp_path / name).write_text(f"uri,{column}\n{rows}")
    content = {
        "Databases": {"Yard": "{uri}.wav"},
        "Protocols": {"Yard": {"Protocol": {"Fold1": protocol}}},
    }
    (tmp_path / "database.yml").write_text(yaml.safe_dump(content))
    return tmp_path


def problems(root):
    load_registry(root / "database.yml")
    return check(NAME).messages


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_valid_clips_have_no_problems(yard):
    assert problems(yard) == []
    report = check(NAME)
    assert report.clips["test"] == [ClipFacts("e", "dog", "three"), ClipFacts("f", "rain", "four")]
    assert [file.duration for file in report.files["train"]] == [0.5] * 4
    (found,) = [each for each in overview() if each.name == NAME]
    assert (str(found.audio), found.annotation, found.missing) == ("yes", True, [])


def test_protocols_load_with_pyannote_database_alone(yard):
    registry.load_database(yard / "database.yml")
    files = list(registry.get_protocol(NAME).train())
    assert {file["uri"]: (file["tags"], file["group"]) for file in files} == {
        uri: (label, GROUPS[uri]) for uri, label in LABELS["train"].items()
    }


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (
            "yard.tags",
            "e,dog",
            "e,cat",
            "labels of test that are not in train: cat",
        ),
        (
            "yard.groups",
            "f,four",
            "f,two",
            "groups both in train and in test: two",
        ),
        ("yard.tags", "b,rain\n", "", "train, b: clip 'b' has no labels; add it to the file of"),
        ("yard.groups", "b,two\n", "", "train, b: clip 'b' has no group; add it to the file of"),
        ("yard.tags", "f,rain\n", "f,rain\ng,rain\n", "yard.tags: 1 clips that do not exist: g"),
        ("train.lst", "a\n", "a\ne\n", "recordings both in train and in test: e"),
        ("yard.tags", "b,rain", "b,rain,dog", "yard.tags, line 3: expected 2 fields, got 3"),
    ],
)
def test_mistakes_are_reported(yard, name, old, new, expected):
    replace(yard / name, old, new)
    assert any(expected in problem for problem in problems(yard))


def test_missing_audio_is_reported(yard):
    (yard / "b.wav").unlink()
    assert any(problem.startswith("train, b: ") for problem in problems(yard))


def test_one_class_and_empty_classes_are_reported(yard):
    replace(yard / "yard.tags", "rain", "dog")
    assert problems(yard) == [
        "train: all clips have the same label, 'dog'; add clips of other classes"
    ]
    rows = ["uri,dog,rain", *(f"{uri},1,0" for uri in "abcd"), "e,1,1", "f,0,0"]
    (yard / "yard.tags").write_text("\n".join(rows))
    assert problems(yard) == ["train: no clip has the label 'rain'; add some, or remove the label"]


def test_single_and_several_labels_cannot_be_mixed(yard):
    (yard / "test.tags").write_text("uri,dog,rain\ne,1,1\nf,0,0\n")
    content = yaml.safe_load((yard / "database.yml").read_text())
    content["Protocols"]["Yard"]["Protocol"]["Fold1"]["test"]["tags"] = "test.tags"
    (yard / "database.yml").write_text(yaml.safe_dump(content))
    assert any("use the same kind of tags for all clips" in line for line in problems(yard))


def test_counts_are_those_of_known_labels():
    clips = [
        ClipFacts("a", {"dog": True, "rain": False}, None),
        ClipFacts("b", {"dog": True}, None),
        ClipFacts("c", {}, None),
    ]
    assert positives(clips) == {"dog": 2, "rain": 0}
    assert known(clips) == {"dog": 2, "rain": 1}
    assert known([ClipFacts("a", "dog", None), ClipFacts("b", "rain", None)]) == {
        "dog": 2,
        "rain": 2,
    }
