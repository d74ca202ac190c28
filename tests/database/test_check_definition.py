"""Entries of a `database.yml`: those that pyannote.database reads, and those that it ignores."""

import re
from pathlib import Path

import pytest
import yaml

from pyannote_strf.database.check_definition import check_definition, check_entries
from pyannote_strf.database.definition import definitions
from pyannote_strf.database.protocols import load_registry

pytestmark = [
    pytest.mark.usefixtures("same_registry_afterwards"),
    pytest.mark.filterwarnings("ignore:Ignoring"),
]

SUBSET = {"uri": "train.lst", "annotation": "{uri}.rttm", "annotated": "{uri}.uem"}


def problems(root: Path, task: str, protocol: dict, database: str = "Planted") -> list[str]:
    """Return the problems of the definition of a protocol."""
    content = {"Protocols": {database: {task: {"Mistakes": protocol}}}}
    (root / "database.yml").write_text(yaml.safe_dump(content))
    (root / "train.lst").write_text("a\n")
    load_registry(root / "database.yml")
    name = f"{database}.{task}.Mistakes"
    found = definitions(name)
    parts = [part for parts in found.values() for part in parts]
    return [*check_entries(name, found), *(p for part in parts for p in check_definition(part))]


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("Segmentation", {}),
        ("Segmentation", {"classes": ["noise", "speech"]}),
        ("SpeakerDiarization", {"scope": "file"}),
        ("SpeakerDiarization", {"scope": "global", "classes": ["child", "adult"]}),
        ("SpeakerVerification", {"scope": "database", "classes": ["speaker"]}),
        ("Protocol", {}),
    ],
)
def test_supported_entries_are_valid(tmp_path, task, options):
    assert problems(tmp_path, task, {**options, "train": SUBSET}) == []


def test_collection_without_subsets_is_valid(tmp_path):
    assert problems(tmp_path, "Collection", {"uri": "train.lst"}) == []


@pytest.mark.parametrize(
    ("task", "options", "expected"),
    [
        (
            "SpeakerDiarization",
            {"scope": "file", "dev": SUBSET},
            r"entry 'dev' is not supported, valid entries: train, development, test, classes, "
            r"scope \(Planted.SpeakerDiarization.Mistakes in .*database.yml\)",
        ),
        (
            "Segmentation",
            {"clases": ["speech"]},
            "entry 'clases' is not supported, valid entries: train, development, test, classes; "
            "did you mean 'classes'?",
        ),
        ("Segmentation", {"scope": "file"}, "entry 'scope' is not supported, .*, test, classes "),
        (
            "Protocol",
            {"classes": ["speech"]},
            "entry 'classes' is not supported, valid entries: train, development, test ",
        ),
    ],
)
def test_unsupported_entry_of_a_protocol_is_reported(tmp_path, task, options, expected):
    (problem,) = problems(tmp_path, task, {"train": SUBSET, **options})
    assert re.match(expected, problem)


def test_error_names_an_unknown_part_of_a_meta_protocol(tmp_path):
    both = {"train": {"Planted.Segmentation.Misteaks": ["train"]}}
    content = {
        "Planted": {"Segmentation": {"Mistakes": {"train": SUBSET}}},
        "X": {"Segmentation": {"Both": both}},
    }
    (tmp_path / "database.yml").write_text(yaml.safe_dump({"Protocols": content}))
    load_registry(tmp_path / "database.yml")
    expected = (
        r"in .*database\.yml: protocol 'Planted\.Segmentation\.Misteaks' does not exist; "
        r"did you mean 'Planted\.Segmentation\.Mistakes'\?"
    )
    with pytest.raises(ValueError, match=expected):
        definitions("X.Segmentation.Both")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"anotated": "x.uem"}, "train: 'anotated' in .*; did you mean 'annotated'?"),
        ({"uri": "other.lst"}, r"other.lst does not exist \(uri in .*\); correct the path"),
        (
            {"annotation": "{uri}.lst"},
            "annotation is {uri}.lst in .*: suffix '.lst' is not supported",
        ),
    ],
)
def test_invalid_entry_of_a_subset_is_reported(tmp_path, entries, expected):
    protocol = {"scope": "file", "train": {**SUBSET, **entries}}
    assert any(re.match(expected, p) for p in problems(tmp_path, "SpeakerDiarization", protocol))
