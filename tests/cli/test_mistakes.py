from copy import deepcopy

import numpy as np
import pytest
import soundfile
import yaml

from tests.conftest import PROTOCOL, SAMPLE_RATE, TINY_CONFIG


@pytest.fixture
def registry(corpus):
    return f"--registry={corpus / 'database.yml'}"


@pytest.fixture
def broken(tmp_path_factory, corpus):
    """Function that copies the corpus with other audio in one of its training files."""

    def copy(write):
        root = tmp_path_factory.mktemp("broken")
        for path in corpus.iterdir():
            (root / path.name).write_bytes(path.read_bytes())
        write(root / "train1.wav")
        return f"--registry={root / 'database.yml'}"

    return copy


def write_nan(path):
    samples = np.full(8 * SAMPLE_RATE, np.nan, dtype="float32")
    soundfile.write(path, samples, SAMPLE_RATE, subtype="FLOAT")


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda path: path.unlink(), "train1.wav"),
        (lambda path: path.write_bytes(b""), "train1.wav: file is empty"),
        (lambda path: soundfile.write(path, np.zeros(0), SAMPLE_RATE), "holds no sample"),
        (lambda path: path.write_text("not audio"), "train1.wav: neither libsndfile nor"),
        (lambda path: soundfile.write(path, np.zeros(16000), SAMPLE_RATE), "beyond the file"),
        (write_nan, "train1.wav: audio holds NaN"),
    ],
    ids=["missing", "empty", "no sample", "not audio", "too short", "not finite"],
)
@pytest.mark.parametrize("workers", [0, 1])
def test_audio(mistake, experiment, broken, write, expected, workers):
    options = ("--to=3", f"--parallel={workers}", "--cpu", "--batch=16")
    message = mistake("sad", "train", *options, experiment, PROTOCOL, broken(write))
    assert expected in message
    assert not list(experiment.rglob("*.ckpt*"))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: soundfile.write(path, np.random.randn(8 * SAMPLE_RATE, 2) / 9, SAMPLE_RATE),
        lambda path: soundfile.write(path, np.random.randn(8 * 22050) / 9, 22050),
        lambda path: soundfile.write(path, np.zeros(8 * SAMPLE_RATE), SAMPLE_RATE),
    ],
    ids=["stereo", "another rate", "silence"],
)
def test_audio_that_is_no_mistake(command, experiment, broken, write):
    options = ("--to=1", "--parallel=0", "--cpu", "--batch=16")
    command("sad", "train", *options, experiment, PROTOCOL, broken(write))
    assert list(experiment.rglob("0001.ckpt"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Tiny.SpeakerDiarization.Nothing", "unknown protocol"),
        ("Nothing.SpeakerDiarization.Bursts", "Tiny.SpeakerDiarization.Bursts"),
        ("Bursts", "unknown protocol 'Bursts'"),
    ],
)
def test_protocol(mistake, experiment, registry, name, expected):
    assert expected in mistake("sad", "train", "--to=1", experiment, name, registry)


def test_registry(mistake, experiment, tmp_path):
    train = ("sad", "train", "--to=1", experiment, PROTOCOL)
    assert "no such file" in mistake(*train, f"--registry={tmp_path / 'nowhere.yml'}")
    (tmp_path / "bad.yml").write_text("Protocols: [1, 2")
    assert "not a pyannote.database configuration" in mistake(
        *train, f"--registry={tmp_path / 'bad.yml'}"
    )


def test_config(mistake, tmp_path, registry):
    train = ("sad", "train", "--to=1", tmp_path, PROTOCOL, registry)
    assert "sad init" in mistake(*train)
    (tmp_path / "config.yml").write_text("task: [")
    assert "config.yml: line" in mistake(*train)
    (tmp_path / "config.yml").write_text(
        yaml.safe_dump({**TINY_CONFIG, "architecture": {"name": "Nothing"}})
    )
    assert "section 'architecture': unknown name 'Nothing'" in mistake(*train)


def test_annotation(mistake, experiment, tmp_path, corpus):
    for path in corpus.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    content = yaml.safe_load((corpus / "database.yml").read_text())
    protocol = content["Protocols"]["Tiny"]["SpeakerDiarization"]["Bursts"]
    train = (
        "sad",
        "train",
        "--to=1",
        experiment,
        PROTOCOL,
        f"--registry={tmp_path / 'changed.yml'}",
    )

    del protocol["train"]["annotation"]
    (tmp_path / "changed.yml").write_text(yaml.safe_dump(content))
    assert "(train): 'train0' has no annotation" in mistake(*train)

    protocol["train"]["annotation"] = "train.lst"
    (tmp_path / "changed.yml").write_text(yaml.safe_dump(content))
    assert ".lst" in mistake(*train)

    protocol["train"]["annotation"] = "test.rttm"
    (tmp_path / "changed.yml").write_text(yaml.safe_dump(content))
    assert "no file of the train subset has any annotated speech" in mistake(*train)

    protocol["train"]["annotation"] = "train.rttm"
    protocol["development"]["uri"] = "empty.lst"
    (tmp_path / "empty.lst").touch()
    (tmp_path / "changed.yml").write_text(yaml.safe_dump(content))
    assert "the development subset is not defined, or empty" in mistake(*train)


def test_devices(mistake, experiment, registry):
    train = ("sad", "train", "--cpu", experiment, PROTOCOL, registry)
    assert "Lightning" in mistake(*train, "--devices=0")
    assert "Lightning" in mistake(*train, "--devices=abc")


def test_a_malformed_default_database(mistake, experiment, tmp_path, monkeypatch):
    import subprocess
    import sys

    (tmp_path / "database.yml").write_text("Protocols: [1, 2")
    run = subprocess.run(
        [sys.executable, "-m", "pyannote_strf.cli", "sad", "train", experiment, PROTOCOL],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert run.stderr.startswith("error: ")
    assert "Traceback" not in run.stderr


def test_subset(mistake, experiment, registry):
    message = mistake("sad", "train", "--subset=dev", experiment, PROTOCOL, registry)
    assert "choose one of train, development, test" in message


def test_chunks_longer_than_files(mistake, tmp_path, registry):
    task = {"name": "SpeechActivityDetection", "params": {"duration": 60.0}}
    (tmp_path / "config.yml").write_text(yaml.safe_dump({**TINY_CONFIG, "task": task}))
    assert "no annotated region of the train subset lasts 60 s" in mistake(
        "sad", "train", tmp_path, PROTOCOL, registry
    )


def test_epochs(mistake, command, experiment, registry):
    train = ("sad", "train", "--parallel=0", "--cpu", experiment, PROTOCOL, registry)
    assert "no epoch was completed" in mistake(*train, "--from=last")
    assert "must be an epoch or `last`" in mistake(*train, "--from=first")
    command(*train, "--to=1")
    checkpoint = next(experiment.rglob("0001.ckpt"))
    content = checkpoint.read_bytes()
    assert "trained to epoch 1 already" in mistake(*train, "--to=2")
    assert "reached already" in mistake(*train, "--from=last", "--to=1")
    command(*train, "--from=last", "--to=2")
    assert "trained to epoch 2 already" in mistake(*train, "--from=1", "--to=3")
    message = mistake(*train, "--from=last", "--to=3", f"--pretrained={checkpoint}")
    assert "leave out --from" in message
    assert "no checkpoint of epoch 5" in mistake(*train, "--from=5")
    assert checkpoint.read_bytes() == content


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


@pytest.mark.parametrize("size", [0, 3000])
def test_part_of_a_checkpoint(mistake, command, experiment, registry, size):
    train = ("sad", "train", "--parallel=0", "--cpu", experiment, PROTOCOL, registry)
    command(*train, "--to=1")
    checkpoint = next(experiment.rglob("0001.ckpt"))
    checkpoint.write_bytes(checkpoint.read_bytes()[:size])
    assert "0001.ckpt: not a whole checkpoint" in mistake(*train, "--from=last", "--to=2")


@pytest.mark.parametrize(
    ("section", "value", "expected"),
    [
        ("task", None, "section 'task' is missing, or empty"),
        ("architecture", None, "section 'architecture' is missing, or empty"),
        ("architecture", {"name": "STRFTDNN"}, "STRFTDNN is no architecture for Speech"),
        ("callbacks", 3, "section 'callbacks' is a list"),
        ("frontend", 3, "frontend: expected a mapping"),
        ("frontend", {"stride": [0, 2]}, "stride must be an integer from 1"),
        ("frontend", {"num_filters": "64"}, "out_channels must be a positive integer, got '64'"),
        ("frontend", {"spectrogram": "cqt"}, "spectrogram: expected a mapping"),
        ("frontend", {"spectrogram": {"hop": 0}}, "hop must be a number from"),
        ("frontend", {"spectrogram": {"num_bands": 0}}, "must be a positive integer, got 0"),
        ("frontend", {"spectrogram": {"dynamic_range": "80"}}, "dynamic_range must be a number"),
        ("frontend", {"name": "conv2d", "stride": [4]}, "front-end 'conv2d'"),
        ("task.params", {"duration": "2"}, "duration must be a number from 0.3, got '2'"),
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


def test_gpu(mistake, experiment, registry, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    assert "no GPU was found" in mistake("sad", "train", "--gpu", experiment, PROTOCOL, registry)


def test_directories(mistake, tmp_path, registry):
    assert "holds no weights/0001.ckpt" in mistake("sad", "validate", tmp_path, PROTOCOL, registry)
    assert "holds no params.yml" in mistake("sad", "apply", tmp_path, PROTOCOL, registry)


def test_checkpoint(mistake, experiment, registry, tmp_path):
    train = ("sad", "train", "--to=1", experiment, PROTOCOL, registry)
    assert "no such checkpoint" in mistake(*train, f"--pretrained={tmp_path / 'nowhere.ckpt'}")
    (tmp_path / "notes.ckpt").write_text("not a checkpoint")
    assert "not a pyannote.audio checkpoint" in mistake(
        *train, f"--pretrained={tmp_path / 'notes.ckpt'}"
    )


def test_validate_and_apply(mistake, command, experiment, registry):
    command("sad", "train", "--to=1", "--parallel=0", "--cpu", experiment, PROTOCOL, registry)
    train_dir = experiment / "train" / f"{PROTOCOL}.train"
    validate = ("sad", "validate", "--trials=1", "--cpu", train_dir, PROTOCOL, registry)
    assert "no epoch between 7 and" in mistake(*validate, "--from=7")
    assert "--metric must be one of" in mistake(*validate, "--metric=accuracy")
    command(*validate)
    validate_dir = train_dir / "validate_detection_fscore" / f"{PROTOCOL}.development"
    apply = ("sad", "apply", "--cpu", validate_dir, PROTOCOL, registry)
    (validate_dir / "params.yml").write_text("epoch: 1\nstep: 0.25\nparams: {loudness: 3}\n")
    assert "loudness" in mistake(*apply)
    (validate_dir / "params.yml").write_text("nothing")
    assert "params.yml: malformed" in mistake(*apply)


@pytest.mark.parametrize("key", ["annotated", "annotation"])
def test_nothing_to_evaluate_on(mistake, command, experiment, corpus, tmp_path_factory, key):
    root = tmp_path_factory.mktemp("renamed")
    for path in corpus.iterdir():
        (root / path.name).write_bytes(path.read_bytes())
    registry = f"--registry={root / 'database.yml'}"
    command("sad", "train", "--to=1", "--parallel=0", "--cpu", experiment, PROTOCOL, registry)
    train_dir = experiment / "train" / f"{PROTOCOL}.train"
    validate = ("sad", "validate", "--trials=1", "--cpu", train_dir, PROTOCOL, registry)
    command(*validate)
    validate_dir = train_dir / "validate_detection_fscore" / f"{PROTOCOL}.development"
    apply = ("sad", "apply", "--cpu", validate_dir, PROTOCOL, registry)

    suffix = {"annotated": "uem", "annotation": "rttm"}[key]
    for subset in ("development", "test"):
        path = root / f"{subset}.{suffix}"
        path.write_text(path.read_text().replace(subset, "another"))
    expected = {"annotated": "no part of", "annotation": "no file has any annotated speech"}[key]
    (validate_dir / "params.yml").rename(validate_dir / "kept.yml")
    assert expected in mistake(*validate)
    assert not (validate_dir / "params.yml").exists()
    (validate_dir / "kept.yml").rename(validate_dir / "params.yml")
    assert expected in mistake(*apply)
    assert not (validate_dir / "apply").exists()


def test_a_file_where_results_go(mistake, command, experiment, registry):
    command("sad", "train", "--to=1", "--parallel=0", "--cpu", experiment, PROTOCOL, registry)
    train_dir = experiment / "train" / f"{PROTOCOL}.train"
    (train_dir / "validate_detection_fscore").touch()
    validate = ("sad", "validate", "--trials=1", "--cpu", train_dir, PROTOCOL, registry)
    assert "validate_detection_fscore: a file where" in mistake(*validate)


def test_demo_directory(mistake, tmp_path):
    (tmp_path / "something").touch()
    assert "not empty" in mistake("demo", tmp_path)
