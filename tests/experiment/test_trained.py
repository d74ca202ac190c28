import pytest

from pyannote_strf.experiment.directories import find_trained
from pyannote_strf.experiment.records import Params


@pytest.fixture
def experiment(tmp_path):
    """Experiment directory with two epochs."""
    (tmp_path / "config.yml").touch()
    weights = tmp_path / "train" / "P.train" / "weights"
    weights.mkdir(parents=True)
    for epoch in (1, 2):
        (weights / f"{epoch:04d}.ckpt").touch()
    return tmp_path


def validated(experiment, metric="x", subset="development", application="sad", epoch=1):
    """Add a validation to an experiment."""
    folder = experiment / "train" / "P.train" / f"validate_{metric}" / f"P.{subset}"
    folder.mkdir(parents=True)
    params = Params(application, epoch, metric, 0.5, {"onset": 0.5}, {"step": 0.5})
    params.write(folder / "params.yml")
    (folder / f"{epoch:04d}").mkdir()
    (folder / f"{epoch:04d}" / "pytorch_model.bin").touch()
    return folder


def test_a_checkpoint_has_no_hyper_parameters(experiment):
    path = experiment / "train" / "P.train" / "weights" / "0001.ckpt"
    assert find_trained(path) == (path, None)


@pytest.mark.parametrize("place", [".", "train/P.train"])
def test_an_experiment_without_validation_gives_its_last_epoch(experiment, place):
    checkpoint = experiment / "train" / "P.train" / "weights" / "0002.ckpt"
    assert find_trained(experiment / place) == (checkpoint, None)


@pytest.mark.parametrize("place", [".", "train/P.train", "train/P.train/validate_x/P.development"])
def test_an_experiment_with_one_validation_gives_its_best_epoch(experiment, place):
    folder = validated(experiment)
    checkpoint, params = find_trained(str(experiment / place))
    assert checkpoint == folder / "0001" / "pytorch_model.bin"
    assert params == Params.read(folder / "params.yml")


def test_several_validations_raise_an_error_that_lists_them(experiment):
    validated(experiment)
    other = validated(experiment, subset="test")
    with pytest.raises(ValueError, match=r"2 validations; give one of: .*P\.dev.*, .*P\.test"):
        find_trained(experiment)
    assert find_trained(other).params is not None


def test_several_trained_models_raise_an_error_that_lists_them(experiment):
    weights = experiment / "train" / "Q.train" / "weights"
    weights.mkdir(parents=True)
    (weights / "0001.ckpt").touch()
    with pytest.raises(ValueError, match=r"2 trained models; give one of: .*P\.train, .*Q\.train"):
        find_trained(experiment)


def test_a_validation_by_another_application_raises_an_error(experiment):
    validated(experiment, application="emb")
    with pytest.raises(ValueError, match="written by `emb`, not by `sad`"):
        find_trained(experiment, "sad")


def test_a_validation_without_its_model_raises_an_error(experiment):
    (validated(experiment) / "0001" / "pytorch_model.bin").unlink()
    with pytest.raises(ValueError, match=r"model\.bin: does not exist; run `validate` again"):
        find_trained(experiment)


def test_paths_without_a_model_raise_an_error(tmp_path):
    with pytest.raises(ValueError, match="no trained model found"):
        find_trained(tmp_path)
    with pytest.raises(ValueError, match="no such checkpoint or directory"):
        find_trained(tmp_path / "missing")
