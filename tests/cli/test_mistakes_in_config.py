from copy import deepcopy

import pytest
import yaml

from tests.conftest import PROTOCOL, TINY_CONFIG


def test_config(mistake, tmp_path, registry):
    train = ("sad", "train", "--to=1", tmp_path, PROTOCOL, registry)
    assert "sad init" in mistake(*train)
    (tmp_path / "config.yml").write_text("task: [")
    assert "config.yml: line" in mistake(*train)
    (tmp_path / "config.yml").write_text(
        yaml.safe_dump({**TINY_CONFIG, "architecture": {"name": "Nothing"}})
    )
    assert "section 'architecture': unknown name 'Nothing'" in mistake(*train)


def test_chunks_longer_than_files(mistake, tmp_path, registry):
    task = {"name": "SpeechActivityDetection", "params": {"duration": 60.0}}
    (tmp_path / "config.yml").write_text(yaml.safe_dump({**TINY_CONFIG, "task": task}))
    assert "no annotated region of the train subset lasts 60 s" in mistake(
        "sad", "train", tmp_path, PROTOCOL, registry
    )


@pytest.mark.parametrize(
    ("section", "value", "expected"),
    [
        ("task", None, "section task is missing"),
        ("architecture", None, "section architecture is missing"),
        ("architecture", {"name": "STRFTDNN"}, "STRFTDNN does not support Speech"),
        ("callbacks", 3, "section callbacks: input should be a valid list"),
        ("frontend", 3, "frontend: expected a mapping"),
        ("frontend", {"stride": [0, 2]}, "stride must be an integer from 1"),
        ("frontend", {"num_filters": "64"}, "out_channels must be a positive integer, got '64'"),
        ("frontend", {"spectrogram": "cqt"}, "spectrogram: expected a mapping"),
        ("frontend", {"spectrogram": {"hop": 0}}, "hop must be a number from"),
        ("frontend", {"spectrogram": {"num_bands": 0}}, "must be a positive integer, got 0"),
        ("frontend", {"spectrogram": {"dynamic_range": "80"}}, "dynamic_range must be a number"),
        ("frontend", {"name": "conv2d", "stride": [4]}, "front-end 'conv2d'"),
        ("task.params", {"duration": "2"}, "duration must be a number from 0.3, got '2'"),
        (
            "task.params",
            {"durations": 2},
            "unknown option 'durations'; there are augmentation, balan",
        ),
        ("frontend", {"filters": 4}, "unknown option 'filters'; there are activation, init"),
        (
            "architecture",
            {"name": "pyannote.audio.models.PyanNet"},
            "is pyannote.audio 1.1's; write STRFPyanNet",
        ),
        ("task.params", {"per_epoch": 0}, "per_epoch must be a number"),
        ("task.params", {"warm_up": 5}, "warm_up (5) leaves nothing"),
        ("task.params", {"balance": ["mood"]}, "(--debug shows where)"),
        ("optimizer", {"name": "Adam", "params": {"betas": [0.9]}}, "'optimizer' and 'scheduler'"),
        ("scheduler", {"name": "StepLR", "params": {"step_size": 0}}, "(--debug shows where)"),
        (
            "scheduler",
            {"name": "ConstantScheduler", "params": {"learning_rate": None}},
            "learning_rate must be a number",
        ),
        (
            "scheduler",
            {"name": "ConstantScheduler", "params": {"filters_learning_rate": -0.01}},
            "filters_learning_rate must be a number from 0, got -0.01",
        ),
        (
            "data_augmentation",
            {"name": "AddNoise", "params": {"collection": []}},
            "collection is empty",
        ),
        (
            "data_augmentation",
            {"name": "AddNoise", "params": {"collection": ".", "snr_min": "5 dB"}},
            "snr_min must be a number",
        ),
        (
            "callbacks",
            [{"name": "EarlyStopping", "params": {"monitor": "loudness"}}],
            "loudness",
        ),
        ("preprocessors", {"annotation": "{urii}.rttm"}, "asks for 'urii'"),
    ],
)
def test_values_that_make_no_sense(mistake, tmp_path, registry, section, value, expected):
    content = deepcopy(TINY_CONFIG)
    if section == "frontend":
        content["architecture"]["params"]["frontend"] = value
    elif section == "task.params":
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
def test_another_config_than_that_of_the_epochs_before(
    mistake, command, experiment, registry, section, change
):
    train = ("sad", "train", "--parallel=0", "--cpu", experiment, PROTOCOL, registry)
    command(*train, "--to=1")
    content = {**TINY_CONFIG, section: {**TINY_CONFIG.get(section, {}), **change}}
    (experiment / "config.yml").write_text(yaml.safe_dump(content))
    message = mistake(*train, "--from=last", "--to=2")
    assert f"section '{section}' has changed" in message
    assert "--pretrained=" in message
    if section in ("architecture", "feature_extraction"):
        checkpoint = next(experiment.rglob("0001.ckpt"))
        other = experiment / "other"
        other.mkdir()
        (other / "config.yml").write_text(yaml.safe_dump(content))
        options = ("--parallel=0", "--cpu", f"--pretrained={checkpoint}")
        assert "change that file" in mistake("sad", "train", *options, other, PROTOCOL, registry)
