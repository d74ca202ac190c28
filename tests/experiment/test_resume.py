import os
import shutil

import pytest
import torch
import yaml

from pyannote_strf.experiment.protocols import load_registry
from pyannote_strf.experiment.train import train
from tests.conftest import PROTOCOL, TINY_CONFIG, TINY_VERIFICATION, VOICES

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


def run(root, config=TINY_CONFIG, protocol=PROTOCOL, **options):
    (root / "config.yml").write_text(yaml.safe_dump(config))
    options = {"num_workers": 0, "accelerator": "cpu", "limit_val_batches": 0, **options}
    return train(root, protocol, **options)


def checkpoint(train_dir, epoch):
    return torch.load(train_dir.checkpoint(epoch), weights_only=False)


@pytest.mark.parametrize(
    "scheduler",
    [
        {"name": "ConstantScheduler", "params": {"learning_rate": 0.01}},
        {"name": "StepLR", "params": {"learning_rate": 0.01, "step_size": 1}},
        # every epoch is a bad one
        {
            "name": "ReduceLROnPlateau",
            "params": {"learning_rate": 0.01, "mode": "max", "patience": 0, "factor": 0.5},
        },
    ],
    ids=lambda scheduler: scheduler["name"],
)
def test_as_if_never_stopped(tmp_path_factory, corpus, scheduler):
    load_registry(corpus / "database.yml")
    config = {**TINY_CONFIG, "scheduler": scheduler}
    whole, stopped = (tmp_path_factory.mktemp(name) for name in ("whole", "stopped"))
    at_once = run(whole, config, end=4)
    for epoch in (1, 2, 3, 4):
        in_steps = run(stopped, config, start="last" if epoch > 1 else 0, end=epoch)
    for epoch in (2, 4):
        expected, found = (checkpoint(path, epoch) for path in (at_once, in_steps))
        rates = [
            state["optimizer_states"][0]["param_groups"][0]["lr"] for state in (expected, found)
        ]
        assert rates[0] == rates[1]
        for name, value in expected["state_dict"].items():
            torch.testing.assert_close(found["state_dict"][name], value)


def test_classes_of_any_task(tmp_path, corpus):
    """Those of upstream's multi-label segmentation are numpy's strings."""
    shutil.copytree(corpus, tmp_path, dirs_exist_ok=True)
    content = yaml.safe_load((corpus / "database.yml").read_text())
    content["Protocols"]["Tiny"]["SpeakerDiarization"]["Bursts"]["classes"] = ["A", "B"]
    (tmp_path / "database.yml").write_text(yaml.safe_dump(content))
    load_registry(tmp_path / "database.yml")
    task = {"name": "MultiLabelSegmentation", "params": {"batch_size": 4}}
    for start, end in ((0, 1), ("last", 2)):
        train_dir = run(tmp_path, {**TINY_CONFIG, "task": task}, start=start, end=end)
    assert yaml.safe_load(train_dir.specs.read_text())["classes"] == ["A", "B"]
    assert train_dir.epochs() == [1, 2]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda rttm: rttm.replace("> train100", "> another"), "trained on other classes"),
        (
            lambda rttm: "".join(
                line for line in rttm.splitlines(keepends=True) if "train100" not in line
            ),
            "made for other classes",
        ),
    ],
    ids=["renamed", "removed"],
)
def test_other_speakers(tmp_path_factory, voices, change, expected):
    root, corpus = tmp_path_factory.mktemp("experiment"), tmp_path_factory.mktemp("corpus")
    for path in voices.iterdir():
        link = os.symlink if path.suffix == ".wav" else shutil.copy
        link(path, corpus / path.name)
    load_registry(corpus / "database.yml")
    train_dir = run(root, TINY_VERIFICATION, VOICES, end=1)
    before = train_dir.checkpoint(1).read_bytes()
    rttm = corpus / "train.rttm"
    rttm.write_text(change(rttm.read_text()))
    load_registry(corpus / "database.yml")
    with pytest.raises(ValueError, match=expected):
        run(root, TINY_VERIFICATION, VOICES, start="last", end=2)
    assert train_dir.epochs() == [1]
    assert train_dir.checkpoint(1).read_bytes() == before


def test_another_loss(tmp_path, voices):
    load_registry(voices / "database.yml")
    run(tmp_path, TINY_VERIFICATION, VOICES, end=1)
    params = {**TINY_VERIFICATION["task"]["params"], "loss": "softmax"}
    changed = {**TINY_VERIFICATION, "task": {"name": "SpeakerEmbedding", "params": params}}
    with pytest.raises(ValueError, match="section 'task' has changed"):
        run(tmp_path, changed, VOICES, start="last", end=2)


def test_pretrained_weights_of_an_architecture_that_is_spelled_out(tmp_path_factory, corpus):
    load_registry(corpus / "database.yml")
    architecture = {"name": "STRFPyanNet", "params": {"frontend": {"num_filters": 4}}}
    config = {**TINY_CONFIG, "architecture": architecture}
    first = run(tmp_path_factory.mktemp("first"), config, end=1)
    architecture["params"]["frontend"].update(stride=[4, 2], kernel_size=[9, 111])
    again = run(tmp_path_factory.mktemp("again"), config, end=1, pretrained=first.checkpoint(1))
    assert again.epochs() == [1]
