import io
import shutil

import numpy as np
import pytest
import torch
import yaml
from pyannote.audio import Pipeline
from pyannote.core import Annotation
from pyannote.database.util import load_rttm

from pyannote_strf import load_pipeline
from pyannote_strf.applications.apply import apply
from pyannote_strf.applications.base import get_application
from pyannote_strf.applications.load import load
from pyannote_strf.applications.validate import validate
from pyannote_strf.audio import Audio
from pyannote_strf.database.protocols import load_registry
from pyannote_strf.experiment.directories import TrainDir, ValidateDir
from tests.conftest import PROTOCOL, VOICES

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


@pytest.fixture
def experiment(trained_experiments, tmp_path):
    """Copy of an experiment of speech activity detection, with one validation."""
    return shutil.copytree(trained_experiments["sad"], tmp_path / "sad")


@pytest.fixture
def validate_dir(experiment):
    (path,) = experiment.glob("train/*/validate_*/*")
    return path


def same(left: Annotation, right: Annotation) -> bool:
    return list(left.itertracks(yield_label=True)) == list(right.itertracks(yield_label=True))


def test_a_path_a_waveform_and_an_open_file_give_the_same_speech(experiment, corpus):
    pipeline = load_pipeline(experiment)
    path = corpus / "test0.wav"
    expected = pipeline(path)
    assert expected
    waveform, sample_rate = Audio()(path)
    assert same(pipeline({"waveform": waveform, "sample_rate": sample_rate}), expected)
    assert same(pipeline({"audio": io.BytesIO(path.read_bytes())}), expected)


def test_a_pipeline_detects_what_apply_wrote(experiment, validate_dir, corpus):
    load_registry(corpus / "database.yml")
    apply(get_application("sad"), ValidateDir(validate_dir), PROTOCOL, "test")
    (rttm,) = validate_dir.glob("apply/*/*.rttm")
    speech = load_pipeline(validate_dir)(corpus / "test1.wav").get_timeline()
    written = load_rttm(rttm)["test1"].get_timeline()
    assert np.allclose([tuple(s) for s in speech], [tuple(s) for s in written], atol=0.001)


def test_upstream_loads_a_validation_that_was_moved(experiment, validate_dir, corpus, tmp_path):
    expected = load_pipeline(validate_dir)(corpus / "test0.wav")
    moved = shutil.move(validate_dir, tmp_path / "moved")
    shutil.rmtree(experiment)
    assert same(Pipeline.from_pretrained(moved)(corpus / "test0.wav"), expected)
    assert same(load_pipeline(moved)(corpus / "test0.wav"), expected)


def test_upstream_loads_a_validation_of_trials(trained_experiments, voices):
    (validate_dir,) = trained_experiments["emb"].glob("train/*/validate_*/*")
    trial = {f"file{n}": voices / f"test115-{n}.wav" for n in (1, 2)}
    expected = load_pipeline(validate_dir)(trial)
    assert Pipeline.from_pretrained(validate_dir)(trial) == expected
    assert load_pipeline(trained_experiments["emb"])(trial) == expected


def test_a_validation_keeps_the_model_without_the_state_of_training(experiment, validate_dir):
    params = yaml.safe_load((validate_dir / "params.yml").read_text())
    (checkpoint,) = experiment.glob(f"train/*/weights/{params['epoch']:04d}.ckpt")
    copy = validate_dir / f"{params['epoch']:04d}" / "pytorch_model.bin"
    full, kept = (torch.load(path, weights_only=False) for path in (checkpoint, copy))
    assert "optimizer_states" in full
    assert "optimizer_states" not in kept
    assert all(
        torch.equal(kept["state_dict"][key], full["state_dict"][key]) for key in full["state_dict"]
    )


def test_validating_again_replaces_the_model(experiment, validate_dir, corpus):
    load_registry(corpus / "database.yml")
    (train_dir,) = map(TrainDir, experiment.glob("train/*"))
    application = get_application("sad")
    few = application.ValidateOptions(trials=1)
    metric = validate_dir.parent.name.removeprefix("validate_")
    for epoch in (1, 2):
        validate(application, train_dir, PROTOCOL, "development", metric, [epoch], few)
        assert [path.parent.name for path in validate_dir.glob("*/pytorch_model.bin")] == [
            f"{epoch:04d}"
        ]
        config = yaml.safe_load((validate_dir / "config.yaml").read_text())
        assert config["pipeline"]["params"]["segmentation"] == f"$model/{epoch:04d}"


def test_a_checkpoint_has_default_hyper_parameters(experiment):
    loaded = load(next(experiment.glob("train/*/weights/0001.ckpt")))
    assert loaded.application.name == "sad"
    assert not loaded.tuned
    assert loaded.pipeline.parameters(instantiated=True) == loaded.pipeline.default_parameters()


def test_hyper_parameters_are_those_of_the_validation(experiment, validate_dir):
    loaded = load(experiment)
    assert loaded.tuned
    params = yaml.safe_load((validate_dir / "params.yml").read_text())
    assert loaded.pipeline.parameters(instantiated=True) == params["params"]
    assert loaded.pipeline._segmentation.step == params["options"]["step"] * 2.0


def test_a_model_of_another_application_raises_an_error(trained_experiments):
    emb = trained_experiments["emb"]
    with pytest.raises(ValueError, match="written by `emb`, not by `sad`"):
        load(emb, get_application("sad"))
    with pytest.raises(ValueError, match="not a model for sad; use `pyannote-strf emb`"):
        load(next(emb.glob(f"train/{VOICES}.train/weights/0001.ckpt")), get_application("sad"))


def test_an_invalid_hyper_parameter_raises_an_error(experiment, validate_dir):
    path = validate_dir / "params.yml"
    params = yaml.safe_load(path.read_text())
    params["params"]["onset"] = 2.0
    path.write_text(yaml.safe_dump(params))
    with pytest.raises(ValueError, match=r"params\.yml: onset must be a number .*run `validate`"):
        load_pipeline(experiment)


def test_embeddings_of_files_are_not_kept(trained_experiments, voices):
    pipeline = load_pipeline(trained_experiments["emb"])
    first = pipeline.embed(voices / "test115-0.wav")
    assert np.array_equal(first, pipeline.embed(voices / "test115-0.wav"))
    assert not pipeline._cache
