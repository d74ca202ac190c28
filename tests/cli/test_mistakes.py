import shutil

import pytest
import yaml

from tests.conftest import PROTOCOL


def test_invalid_devices_raise_an_error(mistake, experiment, registry):
    train = ("sad", "train", "--cpu", experiment, PROTOCOL, registry)
    assert "Lightning" in mistake(*train, "--devices=0")
    assert "Lightning" in mistake(*train, "--devices=abc")


def test_invalid_choices_raise_a_usage_error(usage_error, experiment, trained, registry):
    message = usage_error("sad", "train", "--subset=dev", experiment, PROTOCOL, registry)
    assert "'dev' is not one of 'train', 'development', 'test'" in message
    message = usage_error("sad", "validate", "--metric=accuracy", trained, PROTOCOL, registry)
    assert "'accuracy' is not one of 'detection_fscore', 'detection_error_rate'" in message


def test_resuming_without_checkpoints_raises_an_error(mistake, experiment, registry):
    train = ("sad", "train", "--parallel=0", "--cpu", experiment, PROTOCOL, registry)
    assert "no epoch was completed" in mistake(*train, "--from=last")
    assert "must be an epoch or `last`" in mistake(*train, "--from=first")


def test_invalid_epochs_raise_an_error_and_keep_checkpoints(mistake, trained, registry):
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
def test_a_truncated_checkpoint_raises_an_error(mistake, trained, registry, size):
    train = ("sad", "train", "--parallel=0", "--cpu", trained.parents[1], PROTOCOL, registry)
    checkpoint = trained / "weights" / "0002.ckpt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:size])
    assert "0002.ckpt: not a checkpoint, or part of one" in mistake(*train, "--from=last", "--to=3")


def test_a_missing_gpu_raises_an_error(mistake, experiment, registry, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    assert "no GPU was found" in mistake("sad", "train", "--gpu", experiment, PROTOCOL, registry)


def test_directories_of_other_commands_raise_an_error(mistake, tmp_path, registry):
    assert "no weights/0001.ckpt found" in mistake("sad", "validate", tmp_path, PROTOCOL, registry)
    assert "no params.yml found" in mistake("sad", "apply", tmp_path, PROTOCOL, registry)


def test_invalid_pretrained_checkpoints_raise_an_error(mistake, experiment, registry, tmp_path):
    train = ("sad", "train", "--to=1", experiment, PROTOCOL, registry)
    assert "no such checkpoint" in mistake(*train, f"--pretrained={tmp_path / 'nowhere.ckpt'}")
    (tmp_path / "notes.ckpt").write_text("not a checkpoint")
    assert "notes.ckpt: not a checkpoint" in mistake(
        *train, f"--pretrained={tmp_path / 'notes.ckpt'}"
    )


def test_invalid_options_and_params_raise_an_error(mistake, trained, registry):
    validate = ("sad", "validate", "--trials=1", "--cpu", trained, PROTOCOL, registry)
    assert "no epoch between 7 and 2; trained epochs: 1 to 2" in mistake(*validate, "--from=7")
    assert "no epoch between 0 and 2 in steps of 3" in mistake(*validate, "--every=3")
    assert "--to must be an epoch or `last`, got 'ten'" in mistake(*validate, "--to=ten")

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


def test_a_file_in_place_of_the_output_directory_raises_an_error(mistake, trained, registry):
    shutil.rmtree(trained / "validate_detection_fscore")
    (trained / "validate_detection_fscore").touch()
    validate = ("sad", "validate", "--trials=1", "--cpu", trained, PROTOCOL, registry)
    assert "validate_detection_fscore: a file where" in mistake(*validate)


def test_a_demo_directory_that_is_not_empty_raises_an_error(mistake, tmp_path):
    (tmp_path / "something").touch()
    assert "not empty" in mistake("demo", tmp_path)
