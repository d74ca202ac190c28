import pytest
import yaml
from pyannote.database import registry
from pyannote.database.util import load_uem
from pyannote_strf.protocols import FOLDER, load, read_definition

from pyannote_strf.database.definition import definitions
from pyannote_strf.database.protocols import load_registry
from tests.corpora.folders import names

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

SUBSETS = ("train", "development", "test")


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("ami/MixHeadset", (118, 26, 24)),
        ("ami/only_words", (136, 18, 16)),
        ("chime5/", (16, 2, 2)),
    ],
)
def test_lists_are_disjoint_and_have_the_published_lengths(name, counts):
    separator = "" if name.endswith("/") else "."
    lists = [names(f"{name}{separator}{subset}.lst") for subset in SUBSETS]
    assert tuple(map(len, lists)) == counts
    assert len(set().union(*lists)) == sum(counts)


@pytest.mark.parametrize("subset", SUBSETS)
def test_lists_and_durations_match_the_reference(shared, subset):
    reference = shared / "reference" / "ami"
    for name in ("lst", "uem"):
        ours, theirs = (
            (folder / f"MixHeadset.{subset}.{name}").read_text().split()
            for folder in (FOLDER / "ami", reference)
        )
        assert ours == theirs
    short = {"development": "dev"}.get(subset, subset)
    theirs = (reference / f"only_words.{short}.lst").read_text().split()
    assert names(f"ami/only_words.{subset}.lst") == theirs


@pytest.mark.parametrize("subset", SUBSETS)
def test_every_recording_has_an_extent(subset):
    extents = load_uem(FOLDER / "ami" / f"MixHeadset.{subset}.uem")
    assert sorted(extents) == sorted(names(f"ami/MixHeadset.{subset}.lst"))
    assert all(0 < timeline.duration() < 3 * 3600 for timeline in extents.values())


def test_package_includes_all_files_of_its_definitions():
    load()
    for corpus in ("ami", "chime5"):
        for database, tasks in read_definition(corpus).items():
            for task, protocols in tasks.items():
                for name in protocols:
                    found = definitions(f"{database}.{task}.{name}")
                    assert set(found) == set(SUBSETS)
                    for (subset,) in found.values():
                        assert all(subset.path(key) for key in subset.entries)


def own_ami(tmp_path, name: str):
    (tmp_path / "own.lst").write_text("meeting\n")
    protocol = {"scope": "file", "train": {"uri": "own.lst"}}
    content = {"Protocols": {"AMI": {"SpeakerDiarization": {name: protocol}}}}
    (tmp_path / "database.yml").write_text(yaml.safe_dump(content))
    return tmp_path / "database.yml"


@pytest.mark.parametrize("first", ["theirs", "ours"])
def test_database_of_the_user_is_merged_with_ours(tmp_path, first):
    steps = [lambda: registry.load_database(own_ami(tmp_path, "Own")), load]
    for step in steps if first == "theirs" else reversed(steps):
        step()
    assert {"AMI.SpeakerDiarization.Own", "AMI.SpeakerDiarization.MixHeadset"} <= set(registry)
    protocol = registry.get_protocol("AMI.SpeakerDiarization.Own")
    assert [file["uri"] for file in protocol.train()] == ["meeting"]


def test_protocol_of_the_user_replaces_ours_of_the_same_name(tmp_path):
    load_registry(own_ami(tmp_path, "MixHeadset"))
    load()
    protocol = registry.get_protocol("AMI.SpeakerDiarization.MixHeadset")
    assert [file["uri"] for file in protocol.train()] == ["meeting"]
    assert definitions(protocol.name)["train"][0].database_yml == tmp_path / "database.yml"


def test_shared_definition_has_the_same_scope_in_both_databases():
    load()
    for database in ("AMI", "AMI-SDM"):
        method = vars(registry.databases[database]._protocols["SpeakerDiarization", "only_words"])
        assert method["train_iter"].keywords["scope"] == "global"
