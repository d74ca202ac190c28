import copy
import os
import random
import shutil

import numpy as np
import pytest
import torch
import yaml

from pyannote_strf.applications.base import get_application
from pyannote_strf.applications.sad import SpeechActivityDetection
from pyannote_strf.database.protocols import load_registry
from pyannote_strf.experiment.train import train
from tests.conftest import PROTOCOL, TINY_CONFIG, TINY_VERIFICATION, VOICES

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


def run(root, config=TINY_CONFIG, protocol=PROTOCOL, **options):
    (root / "config.yml").write_text(yaml.safe_dump(config))
    options = {"num_workers": 0, "accelerator": "cpu", "limit_val_batches": 0, **options}
    application = get_application("emb" if protocol == VOICES else "sad")
    return train(application, root, protocol, **options)


def checkpoint(train_dir, epoch):
    return torch.load(train_dir.checkpoint(epoch), weights_only=False)


SCHEDULERS = {
    "cosine": {"name": "CosineAnnealingLR", "params": {"learning_rate": 0.01, "T_max": 3}},
    # reduces the rate in every epoch
    "plateau": {
        "name": "ReduceLROnPlateau",
        "params": {"learning_rate": 0.01, "mode": "max", "patience": 0, "factor": 0.5},
    },
}


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("num_workers", [0, 2])
def test_resume_gives_the_weights_of_an_uninterrupted_run(
    tmp_path_factory, corpus, scheduler, num_workers
):
    load_registry(corpus / "database.yml")
    config = copy.deepcopy(TINY_CONFIG)
    config["architecture"]["params"]["lstm"] = {"hidden_size": 8, "num_layers": 2, "dropout": 0.5}
    config["scheduler"] = SCHEDULERS[scheduler]
    config["data_augmentation"] = {"name": "AddNoise", "params": {"collection": str(corpus)}}
    options = {"num_workers": num_workers, "limit_val_batches": 1.0}
    uninterrupted, resumed = (
        tmp_path_factory.mktemp(name) for name in ("uninterrupted", "resumed")
    )
    at_once = run(uninterrupted, config, end=3, **options)
    for epoch in (1, 2, 3):
        # another process has other random states
        torch.rand(epoch), random.random(), np.random.rand()
        in_steps = run(resumed, config, start="last" if epoch > 1 else 0, end=epoch, **options)
    weights = [checkpoint(at_once, epoch)["state_dict"] for epoch in (1, 2, 3)]
    for epoch, expected in enumerate(weights, start=1):
        found = checkpoint(in_steps, epoch)["state_dict"]
        assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert not torch.equal(
        weights[1]["backend.lstm.weight_ih_l0"], weights[2]["backend.lstm.weight_ih_l0"]
    )


def test_classes_with_numpy_names_are_recorded(tmp_path, corpus, monkeypatch):
    """Class names of upstream's multi-label segmentation are NumPy strings."""
    shutil.copytree(corpus, tmp_path, dirs_exist_ok=True)
    content = yaml.safe_load((corpus / "database.yml").read_text())
    content["Protocols"]["Tiny"]["SpeakerDiarization"]["Bursts"]["classes"] = ["A", "B"]
    (tmp_path / "database.yml").write_text(yaml.safe_dump(content))
    load_registry(tmp_path / "database.yml")
    task = {"name": "MultiLabelSegmentation", "params": {"batch_size": 4}}
    monkeypatch.setattr(SpeechActivityDetection, "serves", lambda self, specifications: True)
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
            "its classes or its architecture differ",
        ),
    ],
    ids=["renamed", "removed"],
)
def test_resume_with_other_speakers_raises_an_error(tmp_path_factory, voices, change, expected):
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


def test_resume_with_another_loss_raises_an_error(tmp_path, voices):
    load_registry(voices / "database.yml")
    run(tmp_path, TINY_VERIFICATION, VOICES, end=1)
    params = {**TINY_VERIFICATION["task"]["params"], "loss": "softmax"}
    changed = {**TINY_VERIFICATION, "task": {"name": "SpeakerEmbedding", "params": params}}
    with pytest.raises(ValueError, match="section 'task' has changed"):
        run(tmp_path, changed, VOICES, start="last", end=2)


def test_pretrained_weights_load_if_defaults_are_written_out(tmp_path_factory, corpus):
    load_registry(corpus / "database.yml")
    architecture = {"name": "STRFPyanNet", "params": {"frontend": {"num_filters": 4}}}
    config = {**TINY_CONFIG, "architecture": architecture}
    first = run(tmp_path_factory.mktemp("first"), config, end=1)
    architecture["params"]["frontend"].update(stride=[4, 2], kernel_size=[9, 111])
    again = run(tmp_path_factory.mktemp("again"), config, end=1, pretrained=first.checkpoint(1))
    assert again.epochs() == [1]
