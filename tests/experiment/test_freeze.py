import pytest
import torch
import yaml

from pyannote_strf.applications.base import get_application
from pyannote_strf.experiment.train import train
from pyannote_strf.models.checkpoint import load_model
from tests.conftest import CLIPS, TINY_TAGGING
from tests.tasks.clips import clip_protocol, single

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


def trained(root, epochs, modules=()):
    """Return the weights and buffers after each epoch."""
    callbacks = [{"name": "Freeze", "params": {"modules": list(modules)}}] if modules else []
    (root / "config.yml").write_text(yaml.safe_dump({**TINY_TAGGING, "callbacks": callbacks}))
    tag = get_application("tag")
    train_dir = train(tag, root, CLIPS, end=epochs, num_workers=0, accelerator="cpu")
    models = [load_model(train_dir.checkpoint(epoch)) for epoch in range(1, epochs + 1)]
    return [model.state_dict() for model in models]


def test_frozen_modules_keep_weights_and_statistics(tmp_path):
    clip_protocol(tmp_path, {"train": single("train")})
    first, last = trained(tmp_path, 3, ["frontend", "backend.conv_block1"])[::2]
    changed = {name for name in first if not torch.equal(first[name], last[name])}
    assert not [name for name in changed if name.startswith(("frontend.", "backend.conv_block1."))]
    assert {"classifier.weight", "backend.bn0.running_mean", "backend.fc1.weight"} <= changed


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        (["frontent"], "Freeze: module 'frontent' does not exist; did you mean 'frontend'[?]"),
        (["classifier"], "Freeze: 'classifier' depends on the task, and is always trained"),
        ("frontend", "modules"),
    ],
)
def test_mistakes_raise_an_error(modules, message, tmp_path):
    clip_protocol(tmp_path, {"train": single("train")})
    trained(tmp_path, 1)
    checkpoint = (tmp_path / "train").rename(tmp_path / "before") / f"{CLIPS}.train"
    callback = {"name": "Freeze", "params": {"modules": modules}}
    (tmp_path / "config.yml").write_text(yaml.safe_dump({**TINY_TAGGING, "callbacks": [callback]}))
    options = {"end": 1, "num_workers": 0, "accelerator": "cpu", "pretrained": checkpoint}
    with pytest.raises(ValueError, match=message):
        train(get_application("tag"), tmp_path, CLIPS, **options)
