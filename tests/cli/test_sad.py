import csv
import shutil

import numpy as np
import pytest
import torch
import yaml
from pyannote.audio import Model
from pyannote.database.util import load_rttm
from pyannote.metrics.detection import DetectionErrorRate

from pyannote_strf.applications import load
from tests.conftest import PROTOCOL, TINY_CONFIG


def epochs(train_dir):
    return sorted(path.name for path in (train_dir / "weights").iterdir())


def test_train_validate_and_apply(command, trained, registry, protocol, capsys):
    assert epochs(trained) == ["0001.ckpt", "0002.ckpt"]
    specs = yaml.safe_load((trained / "specs.yml").read_text())
    assert (specs["application"], specs["classes"]) == ("sad", ["speech"])
    assert specs["architecture"] == "pyannote_strf.models.strf_pyannet.STRFPyanNet"
    assert list((trained / "logs").glob("events.out.tfevents.*"))

    command("sad", "validate", "--trials=5", "--cpu", trained, PROTOCOL, registry)
    validated = trained / "validate_detection_fscore" / f"{PROTOCOL}.development"
    params = yaml.safe_load((validated / "params.yml").read_text())
    assert params["epoch"] in (1, 2)
    assert params["application"] == "sad"
    assert params["metric"] == "detection_fscore"
    assert 0 < params["value"] <= 1
    assert set(params["params"]) == {
        *("onset", "offset", "min_duration_on", "min_duration_off", "pad_onset", "pad_offset")
    }

    command("sad", "apply", "--cpu", validated, PROTOCOL, registry)
    applied = validated / "apply" / f"{params['epoch']:04d}"
    hypotheses = load_rttm(applied / f"{PROTOCOL}.test.rttm")
    metric = DetectionErrorRate()
    for file in protocol.test():
        hypothesis = hypotheses.get(file["uri"], type(file["annotation"])(uri=file["uri"]))
        metric(file["annotation"], hypothesis, uem=file["annotated"])
        with np.load(applied / f"{PROTOCOL}.test" / f"{file['uri']}.npz") as raw:
            assert raw["scores"].shape[1] == 1
            assert raw["step"] == pytest.approx(0.02)
    table = (applied / f"{PROTOCOL}.test.eval").read_text()
    (total,) = [line.split()[1] for line in table.splitlines() if line.startswith("TOTAL")]
    # regions are written with milliseconds
    assert float(total) == pytest.approx(100 * abs(metric), abs=0.1)
    assert table.strip() in capsys.readouterr().out
    with (applied / f"{PROTOCOL}.test.csv").open() as file:
        rows = {row.pop("file"): row for row in csv.DictReader(file)}
    assert list(rows) == ["test0", "test1", "TOTAL"]
    for name in ("speech", "false_alarm", "missed"):
        assert float(rows["TOTAL"][name]) == pytest.approx(
            sum(float(rows[file][name]) for file in ("test0", "test1")), abs=0.002
        )
    for row in rows.values():
        wrong = float(row["false_alarm"]) + float(row["missed"])
        assert float(row["detection_error_rate"]) == pytest.approx(
            wrong / float(row["speech"]), abs=1e-3
        )
    assert 100 * float(rows["TOTAL"]["detection_error_rate"]) == pytest.approx(
        float(total), abs=0.01
    )


def test_validate_compares_selected_epochs_by_a_metric(command, trained, registry):
    options = ("--metric=detection_error_rate", "--from=2", "--trials=2", "--cpu")
    command("sad", "validate", *options, trained, PROTOCOL, registry)
    validated = trained / "validate_detection_error_rate" / f"{PROTOCOL}.development"
    assert yaml.safe_load((validated / "params.yml").read_text())["epoch"] == 2


def test_training_resumes_with_the_state_of_the_optimizer(command, trained, registry):
    before = torch.load(trained / "weights" / "0002.ckpt", weights_only=False)
    command(
        *("sad", "train", "--from=last", "--to=3", "--parallel=0", "--cpu"),
        *(trained.parents[1], PROTOCOL, registry),
    )
    assert epochs(trained) == ["0001.ckpt", "0002.ckpt", "0003.ckpt"]
    after = torch.load(trained / "weights" / "0003.ckpt", weights_only=False)
    assert after["global_step"] == 1.5 * before["global_step"]
    (state,) = after["optimizer_states"]
    assert state["state"][0]["step"] == after["global_step"]


def test_noise_is_added_in_a_data_loading_process(command, tmp_path, corpus, registry):
    noise = {"name": "AddNoise", "params": {"collection": str(corpus), "snr_min": 5}}
    weights = []
    for name, config in (("clean", {}), ("noisy", {"data_augmentation": noise})):
        root = tmp_path / name
        root.mkdir()
        (root / "config.yml").write_text(yaml.safe_dump({**TINY_CONFIG, **config}))
        command("sad", "train", "--to=1", "--parallel=1", "--cpu", root, PROTOCOL, registry)
        (path,) = root.rglob("0001.ckpt")
        weights.append(torch.load(path, weights_only=False)["state_dict"])
    clean, noisy = weights
    assert any(not torch.equal(noisy[key], value) for key, value in clean.items())


def test_models_of_upstream_train_without_ffmpeg(command, tmp_path, registry):
    architecture = {"name": "PyanNet", "params": {"lstm": {"hidden_size": 8, "num_layers": 1}}}
    (tmp_path / "config.yml").write_text(
        yaml.safe_dump({**TINY_CONFIG, "architecture": architecture})
    )
    command("sad", "train", "--to=1", "--parallel=0", "--cpu", tmp_path, PROTOCOL, registry)
    assert list(tmp_path.rglob("0001.ckpt"))


@pytest.fixture
def sparse(tmp_path_factory, corpus):
    """Registry option for the corpus without UEM, and without annotation of its test subset."""
    root = tmp_path_factory.mktemp("sparse")
    shutil.copytree(corpus, root, dirs_exist_ok=True)
    content = yaml.safe_load((corpus / "database.yml").read_text())
    protocol = content["Protocols"]["Tiny"]["SpeakerDiarization"]["Bursts"]
    for subset in ("train", "development", "test"):
        del protocol[subset]["annotated"]
    del protocol["test"]["annotation"]
    (root / "database.yml").write_text(yaml.safe_dump(content))
    return f"--registry={root / 'database.yml'}"


def test_uem_and_test_references_are_optional(command, experiment, sparse, capsys):
    command("sad", "train", "--to=1", "--parallel=0", "--cpu", experiment, PROTOCOL, sparse)
    train_dir = experiment / "train" / f"{PROTOCOL}.train"
    # 3 files of 8 s, in chunks of 2 s and batches of 4
    assert torch.load(train_dir / "weights" / "0001.ckpt", weights_only=False)["global_step"] == 3
    command("sad", "validate", "--trials=1", "--cpu", train_dir, PROTOCOL, sparse)
    validate_dir = train_dir / "validate_detection_fscore" / f"{PROTOCOL}.development"
    command("sad", "apply", "--cpu", validate_dir, PROTOCOL, sparse)
    applied = validate_dir / "apply" / "0001"
    assert {path.name for path in applied.iterdir()} == {
        f"{PROTOCOL}.test.rttm",
        f"{PROTOCOL}.test",
    }
    with np.load(applied / f"{PROTOCOL}.test" / "test0.npz") as scores:
        assert set(scores) == {"scores", "start", "duration", "step"}


def test_apply_uses_the_step_of_validate(command, trained, registry, monkeypatch):
    command("sad", "validate", "--step=0.5", "--trials=1", "--cpu", trained, PROTOCOL, registry)
    validate_dir = trained / "validate_detection_fscore" / f"{PROTOCOL}.development"
    steps = []
    build_pipeline = load.build_pipeline
    monkeypatch.setattr(
        load,
        "build_pipeline",
        lambda application, model, options: (
            steps.append(options["step"]) or build_pipeline(application, model, options)
        ),
    )
    command("sad", "apply", "--cpu", validate_dir, PROTOCOL, registry)
    command("sad", "apply", "--step=1.0", "--cpu", validate_dir, PROTOCOL, registry)
    assert steps == [0.5, 1.0]


def test_the_demo_writes_a_picture(command, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("pyannote_strf.cli.demo.NUM_EPOCHS", 1)
    monkeypatch.setattr(
        "pyannote_strf.corpora.demo.NUM_FILES", {"train": 2, "development": 1, "test": 1}
    )
    monkeypatch.setattr(
        "pyannote_strf.applications.sad.SpeechActivityDetection.template",
        yaml.safe_dump({**TINY_CONFIG, "task": {"name": "SpeechActivityDetection"}}),
    )
    command("demo", tmp_path / "demo")
    output = capsys.readouterr().out
    table, rttm, picture = (output.rindex(text) for text in ("TOTAL", ".test.rttm", "demo.png"))
    assert table < rttm < picture
    assert (tmp_path / "demo" / "demo.png").read_bytes().startswith(b"\x89PNG")


def test_training_starts_from_pretrained_weights(command, trained, tmp_path_factory, registry):
    root = tmp_path_factory.mktemp("tuned")
    config = {
        **TINY_CONFIG,
        "scheduler": {"name": "ConstantScheduler", "params": {"learning_rate": 0.0}},
    }
    (root / "config.yml").write_text(yaml.safe_dump(config))
    checkpoint = trained / "weights" / "0002.ckpt"
    command(
        *("sad", "train", "--to=1", "--parallel=0", "--cpu", f"--pretrained={checkpoint}"),
        *(root, PROTOCOL, registry),
    )
    tuned = Model.from_pretrained(root / "train" / f"{PROTOCOL}.train" / "weights" / "0001.ckpt")
    # running averages of batch normalisation change even at a learning rate of 0
    for name, value in Model.from_pretrained(checkpoint).named_parameters():
        torch.testing.assert_close(tuned.get_parameter(name), value)


def test_training_uses_the_selected_subset(command, experiment, registry):
    command(
        *("sad", "train", "--subset=development", "--to=1", "--batch=2", "--parallel=0", "--cpu"),
        *(experiment, PROTOCOL, registry),
    )
    train_dir = experiment / "train" / f"{PROTOCOL}.development"
    # two files of 8 s make 8 chunks of 2 s, in batches of 2
    assert torch.load(train_dir / "weights" / "0001.ckpt", weights_only=False)["global_step"] == 4


def test_init_writes_a_config_once(command, mistake, tmp_path):
    command("sad", "init", tmp_path / "new")
    assert (tmp_path / "new" / "config.yml").read_text().startswith("# Speech activity detection")
    assert "already exists" in mistake("sad", "init", tmp_path / "new")
