from copy import deepcopy

import pytest
import yaml

from tests.cli.conftest import copied
from tests.conftest import PROTOCOL, TINY_CONFIG


def test_an_invalid_config_raises_an_error(mistake, tmp_path, registry):
    train = ("sad", "train", "--to=1", tmp_path, PROTOCOL, registry)
    assert "sad init" in mistake(*train)
    (tmp_path / "config.yml").write_text("task: [")
    assert "config.yml: line" in mistake(*train)
    (tmp_path / "config.yml").write_text(
        yaml.safe_dump({**TINY_CONFIG, "architecture": {"name": "Nothing"}})
    )
    assert "section 'architecture': unknown name 'Nothing'" in mistake(*train)


@pytest.mark.parametrize(
    ("section", "value", "expected"),
    [
        ("architecture", {"name": "STRFTDNN"}, "STRFTDNN does not support Speech"),
        ("task.params", {"balance": ["mood"]}, "balance: files have no 'mood'"),
        (
            "callbacks",
            [{"name": "EarlyStopping", "params": {"monitor": "loudness"}}],
            "loudness",
        ),
        ("preprocessors", {"annotation": "{urii}.rttm"}, "unknown placeholder 'urii'"),
    ],
)
def test_errors_during_training_are_one_line(mistake, tmp_path, registry, section, value, expected):
    content = deepcopy(TINY_CONFIG)
    if section == "task.params":
        content["task"]["params"].update(value)
    else:
        content[section] = value
    (tmp_path / "config.yml").write_text(yaml.safe_dump(content))
    train = ("sad", "train", "--to=2", "--parallel=0", "--cpu", tmp_path, PROTOCOL, registry)
    assert expected in mistake(*train)


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("architecture", {"params": {"frontend": "mel"}}),
        ("architecture", {"params": {"lstm": {"num_layers": 2}}}),
        ("optimizer", {"name": "SGD"}),
        ("scheduler", {"params": {"learning_rate": 0.5}}),
        ("scheduler", {"params": {"learning_rate": 0.01, "filters_learning_rate": 0.1}}),
        ("feature_extraction", {"name": "RawAudio", "params": {"sample_rate": 8000}}),
    ],
)
def test_resuming_with_a_changed_config_raises_an_error(
    mistake, trained_experiments, tmp_path, registry, section, change
):
    experiment = copied(trained_experiments["sad"], tmp_path)
    content = {**TINY_CONFIG, section: {**TINY_CONFIG.get(section, {}), **change}}
    (experiment / "config.yml").write_text(yaml.safe_dump(content))
    train = ("sad", "train", "--parallel=0", "--cpu")
    message = mistake(*train, "--from=last", "--to=3", experiment, PROTOCOL, registry)
    assert f"section '{section}' has changed" in message
    assert "--pretrained=" in message
    if section in ("architecture", "feature_extraction"):
        checkpoint = next(experiment.rglob("0001.ckpt"))
        other = experiment / "other"
        other.mkdir()
        (other / "config.yml").write_text(yaml.safe_dump(content))
        pretrained = f"--pretrained={checkpoint}"
        assert "change that file" in mistake(*train, pretrained, other, PROTOCOL, registry)
