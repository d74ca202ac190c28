import shutil

import pytest
import yaml

from tests.conftest import PROTOCOL


def test_devices(mistake, experiment, registry):
    train = ("sad", "train", "--cpu", experiment, PROTOCOL, registry)
    assert "Lightning" in mistake(*train, "--devices=0")
    assert "Lightning" in mistake(*train, "--devices=abc")


def test_subset(mistake, experiment, registry):
    message = mistake("sad", "train", "--subset=dev", experiment, PROTOCOL, registry)
    assert "valid options: train, development, test" in message


def test_nothing_to_go_on_from(mistake, experiment, registry):
    train = ("sad", "train", "--parallel=0", "--cpu", experiment, PROTOCOL, registry)
    assert "no epoch was completed" in mistake(*train, "--from=last")
    assert "must be an epoch or `last`" in mistake(*train, "--from=first")


def test_epochs(mistake, trained, registry):
    train = ("sad", "train", "--parallel=0", "--cpu", trained.parents[1], PROTOCOL, registry)
    checkpoint = trained / "weights" / "0001.ckpt"
    content = checkpoint.read_bytes()
    assert "already trained to epoch 2" in mistake(*train, "--to=3")
    assert "already trained to epoch 2; raise --to" in mistake(*train, "--from=last", "--to=2")
    assert "already trained to epoch 2" in mistake(*train, "--from=1", "--to=3")
    message = mistake(*train, "--from=last", "--to=3", f"--pretrained={checkpoint}")
    assert "leave out --from" in message
    assert "no checkpoint of epoch 5" in mistake(*train, "--from=5")
    assert checkpoint.read_bytes() == content


@pytest.mark.parametrize("size", [0, 3000])
def test_part_of_a_checkpoint(mistake, trained, registry, size):
    train = ("sad", "train", "--parallel=0", "--cpu", trained.parents[1], PROTOCOL, registry)
    checkpoint = trained / "weights" / "0002.ckpt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:size])
    assert "0002.ckpt: not a checkpoint, or part of one" in mistake(*train, "--from=last", "--to=3")


def test_gpu(mistake, experiment, registry, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    assert "no GPU was found" in mistake("sad", "train", "--gpu", experiment, PROTOCOL, registry)


def test_directories(mistake, tmp_path, registry):
    assert "no weights/0001.ckpt found" in mistake("sad", "validate", tmp_path, PROTOCOL, registry)
    assert "no params.yml found" in mistake("sad", "apply", tmp_path, PROTOCOL, registry)


def test_checkpoint(mistake, experiment, registry, tmp_path):
    train = ("sad", "train", "--to=1", experiment, PROTOCOL, registry)
    assert "no such checkpoint" in mistake(*train, f"--pretrained={tmp_path / 'nowhere.ckpt'}")
    (tmp_path / "notes.ckpt").write_text("not a checkpoint")
    assert "notes.ckpt: not a checkpoint" in mistake(
        *train, f"--pretrained={tmp_path / 'notes.ckpt'}"
    )


def test_validate_and_apply(mistake, trained, registry):
    validate = ("sad", "validate", "--trials=1", "--cpu", trained, PROTOCOL, registry)
    assert "no epoch between 7 and 2; trained epochs: 1 to 2" in mistake(*validate, "--from=7")
    assert "no epoch between 0 and 2 in steps of 3" in mistake(*validate, "--every=3")
    assert "--to must be an epoch or `last`, got 'ten'" in mistake(*validate, "--to=ten")
    assert "metric must be one of" in mistake(*validate, "--metric=accuracy")
    validate_dir = trained / "validate_detection_fscore" / f"{PROTOCOL}.development"
    apply = ("sad", "apply", "--cpu", validate_dir, PROTOCOL, registry)
    params = validate_dir / "params.yml"
    content = yaml.safe_load(params.read_text())
    for changes, message in (
        ({"params": {"loudness": 3}}, "'loudness' does not exist"),
        ({"params": {"onset": 0.5}}, "hyper-parameter 'offset' is missing"),
        ({"options": {}}, "step must be a number from 0.01 to 1"),
        ({"epoch": 1.5}, "malformed, epoch: input should be a valid integer"),
    ):
        params.write_text(yaml.safe_dump({**content, **changes}))
        assert message in mistake(*apply)
    params.write_text("nothing")
    assert "params.yml: malformed" in mistake(*apply)


def test_a_file_where_results_go(mistake, trained, registry):
    shutil.rmtree(trained / "validate_detection_fscore")
    (trained / "validate_detection_fscore").touch()
    validate = ("sad", "validate", "--trials=1", "--cpu", trained, PROTOCOL, registry)
    assert "validate_detection_fscore: a file where" in mistake(*validate)


def test_demo_directory(mistake, tmp_path):
    (tmp_path / "something").touch()
    assert "not empty" in mistake("demo", tmp_path)
