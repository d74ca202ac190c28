"""Mistakes in clips, their labels and groups, and directories of other applications."""

import shutil

import pytest
import yaml

from pyannote_strf.applications.load import load_pipeline
from tests.conftest import CLIPS, PROTOCOL, TINY_CONFIG, TINY_TAGGING

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


@pytest.fixture
def yard(clips, tmp_path):
    """Copy of the corpus of clips, with the configuration of an experiment."""
    root = shutil.copytree(clips, tmp_path / "yard")
    (root / "config.yml").write_text(yaml.safe_dump(TINY_TAGGING))
    return root


def several(labels):
    """Return a function from the lines of a file of labels to one column for each of `labels`."""

    def columns(lines):
        rows = [line.split(",") for line in lines[1:]]
        cells = [[uri, *(str(int(label == each)) for each in labels)] for uri, label in rows]
        return [",".join(cell) for cell in [["uri", *labels], *cells]]

    return columns


def replace(*pairs):
    """Return a function that replaces text of lines."""

    def replaced(lines):
        text = "\n".join(lines)
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        return text.split("\n")

    return replaced


LABELS = ("bass", "middle", "treble")
MISTAKES = {
    "unknown label in development": (
        {"development.tags": replace(("0,treble", "0,trebel"))},
        f"{CLIPS} (development): clip 'development-treble-0' has the unknown label 'trebel'; did "
        "you mean 'treble'?",
    ),
    "unknown label in test": (
        {"test.tags": replace(("0,treble", "0,siren"))},
        f"{CLIPS} (test): clip 'test-treble-0' has the unknown label 'siren'",
    ),
    "clip in two subsets": (
        {
            f"test.{suffix}": lambda lines, row=row: [*lines, row]
            for suffix, row in (
                ("lst", "train-bass-0"),
                ("tags", "train-bass-0,bass"),
                ("groups", "train-bass-0,test 0"),
            )
        },
        f"{CLIPS}: clip 'train-bass-0' is both in train and in test; remove it from one of them",
    ),
    "clip without label": (
        {"train.tags": lambda lines: lines[:-1]},
        f"{CLIPS} (train): clip 'train-treble-3' has no labels; add it to the file of `tags:`",
    ),
    "clip without audio": (
        {"train.lst": replace(("bass-3", "bass-9")), "train.tags": replace(("bass-3", "bass-9"))},
        "train-bass-9",
    ),
    "empty class": (
        {
            "train.tags": several([*LABELS, "siren"]),
            "development.tags": several(LABELS),
            "test.tags": several(LABELS),
        },
        f"{CLIPS} (train): no clip has the label 'siren'; add some, or remove the label",
    ),
    "one class": (
        {
            f"{subset}.tags": replace((",middle", ",bass"), (",treble", ",bass"))
            for subset in ("train", "development", "test")
        },
        f"{CLIPS} (train): all clips have the same label, 'bass'; add clips of other classes",
    ),
    "two labels in a row": (
        {"train.tags": replace(("bass-0,bass", "bass-0,bass,treble"))},
        "train.tags, line 2: expected 2 fields, got 3",
    ),
    "two labels in a field": (
        {"train.tags": replace(("bass-0,bass", 'bass-0,"bass,treble"'))},
        "train.tags, line 2: label 'bass,treble' holds a comma; for several labels, use one column "
        "per label",
    ),
    "two kinds of labels": (
        {"development.tags": several(LABELS)},
        f"{CLIPS} (development): clips have several labels, those of train a single label; use the "
        "same kind of tags",
    ),
    "malformed labels": (
        {"train.tags": replace(("middle-0,middle", "middle-0"))},
        "train.tags, line 3: expected 2 fields, got 1",
    ),
    "malformed value": (
        {"train.tags": lambda lines: replace((",1", ",yes"))(several(LABELS)(lines))},
        "train.tags, line 2: 'bass' is 'yes', expected 1, 0, or nothing if it is unknown",
    ),
    "malformed header": (
        {"train.tags": replace(("uri,label", "clip,label"))},
        "train.tags, line 1: the header is 'clip,label', expected uri,label",
    ),
    "malformed groups": (
        {"train.groups": replace(("bass-0,train 0", "bass-0,"))},
        "train.groups, line 2: the group is empty",
    ),
    "malformed groups of test": (
        {"test.groups": replace(("uri,group", "uri,speaker"))},
        "test.groups, line 1: the header is 'uri,speaker', expected uri,group",
    ),
    "clip without group": (
        {"development.groups": lambda lines: lines[:-1]},
        f"{CLIPS} (development): clip 'development-treble-3' has no group; add it to the file of "
        "`group:`",
    ),
    "group in train and development": (
        {"development.groups": replace(("development 1", "train 1"))},
        f"{CLIPS}: groups both in train and in development: train 1; keep the clips of each group "
        "in one subset",
    ),
    "group in train and test": (
        {"test.groups": replace(("test ", "train "))},
        f"{CLIPS}: groups both in train and in test: train 0, train 1; keep the clips of each "
        "group in one subset",
    ),
}


def change(root, changes):
    for name, function in changes.items():
        lines = (root / name).read_text().split("\n")
        lines = function([line for line in lines if line])
        (root / name).write_text("".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize("kind", MISTAKES)
def test_training_on_clips_with_mistakes_raises_an_error(mistake, yard, kind):
    changes, expected = MISTAKES[kind]
    change(yard, changes)
    options = ("--to=1", "--cpu", "--parallel=0", f"--registry={yard / 'database.yml'}")
    assert expected in mistake("tag", "train", yard, CLIPS, *options)
    assert not list(yard.rglob("*.ckpt"))


@pytest.mark.parametrize("kind", [kind for kind in MISTAKES if "group in" in kind])
def test_check_finds_the_same_groups(command, yard, capsys, kind):
    changes, expected = MISTAKES[kind]
    change(yard, changes)
    with pytest.raises(SystemExit):
        command("protocols", "check", CLIPS, f"--registry={yard / 'database.yml'}")
    found = " ".join(capsys.readouterr().out.split())
    assert expected.removeprefix(f"{CLIPS}: ") in found


@pytest.fixture
def registries(corpus, clips):
    return [f"--registry={root / 'database.yml'}" for root in (corpus, clips)]


def test_configurations_of_other_applications_are_refused(mistake, yard, experiment, registries):
    options = ("--to=1", "--cpu", "--parallel=0")
    message = mistake("tag", "train", experiment, CLIPS, registries[1], *options)
    assert "section 'task': SpeechActivityDetection needs a protocol with annotation" in message
    assert message.endswith("for clips with labels, use AudioTagging")
    message = mistake("tag", "train", experiment, PROTOCOL, registries[0], *options)
    assert "section 'task': SpeechActivityDetection is not for tag" in message
    message = mistake("sad", "train", yard, CLIPS, registries[1], *options)
    assert "'train-bass-0' has no annotation" in message
    message = mistake("tag", "train", yard, PROTOCOL, registries[0], *options)
    assert "'train0' has no labels; add it to the file of `tags:`" in message
    architecture = {**TINY_TAGGING, "architecture": TINY_CONFIG["architecture"]}
    (yard / "config.yml").write_text(yaml.safe_dump(architecture))
    message = mistake("tag", "train", yard, CLIPS, registries[1], *options)
    assert "STRFPyanNet" in message


def test_models_of_other_applications_are_refused(mistake, trained, trained_tag, clips, registries):
    audio = next(clips.glob("*.wav"))
    speech = trained / "weights" / "0001.ckpt"
    (validated,) = trained.glob("validate_*/*")
    remedy = "not a model for tag; use `pyannote-strf sad`"
    assert remedy in mistake("tag", "predict", speech, audio)
    written = "written by `sad`, not by `tag`; use `pyannote-strf sad`"
    assert f"params.yml: {written}" in mistake("tag", "predict", validated, audio)
    assert f"params.yml: {written}" in mistake("tag", "apply", validated, CLIPS, registries[1])
    assert f"specs.yml: {written}" in mistake("tag", "validate", trained, CLIPS, registries[1])
    (validated,) = trained_tag.glob("validate_*/*")
    message = mistake("sad", "predict", trained_tag / "weights" / "0001.ckpt", audio)
    assert "not a model for sad; use `pyannote-strf tag`" in message


def test_hyper_parameters_of_versions_without_pool_average_probabilities(trained_tag):
    (validated,) = trained_tag.glob("validate_*/*")
    path = validated / "params.yml"
    content = yaml.safe_load(path.read_text())
    assert content["options"].pop("pool") == "probabilities"
    path.write_text(yaml.safe_dump(content))
    assert load_pipeline(validated).pool == "probabilities"
    content["options"]["pool"] = "logit"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(ValueError, match=r"params.yml: pool must be .* did you mean 'logits'"):
        load_pipeline(validated)
