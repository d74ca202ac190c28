"""Recordings and models without finite scores, in validate, apply and importance."""

import shutil

import pytest
import soundfile
import torch
from pyannote.database.util import load_rttm

from pyannote_strf.applications.apply import apply
from pyannote_strf.applications.base import get_application
from pyannote_strf.applications.models import load_model_for
from pyannote_strf.applications.validate import validate
from pyannote_strf.database.protocols import get_protocol, load_registry
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.directories import TrainDir
from pyannote_strf.models.checkpoint import load_model
from tests.conftest import PROTOCOL, SAMPLE_RATE, VOICES

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

PROTOCOLS = {"sad": PROTOCOL, "emb": VOICES}
METRICS = {"sad": "detection_fscore", "emb": "equal_error_rate"}


@pytest.fixture(params=PROTOCOLS)
def name(request):
    return request.param


@pytest.fixture
def train_dir(name, trained_experiments, tmp_path):
    shutil.copytree(trained_experiments[name], tmp_path / "experiment")
    return TrainDir.of(tmp_path / "experiment", PROTOCOLS[name], "train")


@pytest.fixture
def validate_dir(name, train_dir):
    return train_dir.validate_dir(METRICS[name], PROTOCOLS[name], "development")


@pytest.fixture
def copy(name, corpus, voices, tmp_path):
    """Writable copy of the corpus."""
    source = {"sad": corpus, "emb": voices}[name]
    folder = tmp_path / "corpus"
    shutil.copytree(source, folder)
    load_registry(folder / "database.yml")
    return folder


def commands(name, train_dir, validate_dir):
    application, protocol = get_application(name), PROTOCOLS[name]

    def importance():
        model = load_model_for(application, train_dir.checkpoint(1))
        found = get_protocol(protocol, Config(train_dir.root).preprocessors())
        for loss in application.importance(model, found, "test").losses():
            loss()

    few = application.ValidateOptions(**({"trials": 1} if name == "sad" else {}))
    return {
        "validate": lambda: validate(application, train_dir, protocol, subset="test", options=few),
        "apply": lambda: apply(application, validate_dir, protocol, subset="test"),
        "importance": importance,
    }


@pytest.mark.parametrize("command", ["validate", "apply", "importance"])
def test_diverged_models_raise_an_error(name, train_dir, validate_dir, copy, command):
    for path in (*train_dir.weights.iterdir(), *validate_dir.path.glob("*/pytorch_model.bin")):
        content = torch.load(path, weights_only=False)
        state = content["state_dict"]
        # running averages of batch normalisation, or what the model learned
        next(value for value in reversed(state.values()) if value.ndim).fill_(torch.nan)
        for key in [key for key in state if key.startswith("frontend.filters")]:
            state[key].fill_(torch.inf)
        torch.save(content, path)
    with pytest.raises(
        ValueError,
        match=r"(000[12]\.ckpt|pytorch_model\.bin): frontend\S+ holds NaN or infinite values",
    ):
        commands(name, train_dir, validate_dir)[command]()
    assert not list(validate_dir.path.glob("apply/*/*"))


@pytest.mark.parametrize("command", ["validate", "apply", "importance"])
def test_scores_that_are_not_finite_raise_an_error(
    name, train_dir, validate_dir, copy, command, monkeypatch
):
    def diverge(path, trust):
        model = load_model(path, trust)
        model.frontend.filters.gamma.data.fill_(torch.nan)
        return model

    monkeypatch.setattr("pyannote_strf.applications.models.load_model", diverge)
    uri = {"sad": "test0", "emb": "test115-0|train100-0"}[name]
    what = {"sad": "scores are", "emb": "embedding is"}[name]
    with pytest.raises(ValueError, match=rf"({uri})\.wav: its {what} not finite; check that"):
        commands(name, train_dir, validate_dir)[command]()
    assert not list(validate_dir.path.glob("apply/*/*"))


@pytest.mark.parametrize("command", ["validate", "apply", "importance"])
def test_samples_far_beyond_full_scale_raise_an_error(name, train_dir, validate_dir, copy, command):
    first = min(copy.glob("test*.wav"))
    samples, _ = soundfile.read(first)
    soundfile.write(first, 1e30 * samples, SAMPLE_RATE, subtype="FLOAT")
    with pytest.raises(
        ValueError, match=rf"{first.name}: audio holds samples far beyond full scale"
    ):
        commands(name, train_dir, validate_dir)[command]()


@pytest.mark.parametrize("name", ["sad"], indirect=True)
@pytest.mark.parametrize("num_samples", [1, 150, 1000])
def test_short_recordings_do_not_change_the_output_of_others(
    train_dir, validate_dir, copy, num_samples
):
    before = commands("sad", train_dir, validate_dir)["apply"]()
    expected = load_rttm(before.paths[0])
    with (copy / "test.lst").open("a") as file:
        file.write("short\n")
    with (copy / "test.uem").open("a") as file:
        file.write(f"short 1 0 {num_samples / SAMPLE_RATE}\n")
    soundfile.write(copy / "short.wav", torch.zeros(num_samples).numpy(), SAMPLE_RATE)
    load_registry(copy / "database.yml")
    for command in ("validate", "apply"):
        after = commands("sad", train_dir, validate_dir)[command]()
    found = load_rttm(after.paths[0])
    assert {uri: found[uri] for uri in expected} == expected
    assert set(after.result.report().index) == {"test0", "test1", "short", "TOTAL"}


def test_recordings_without_samples_raise_an_error(name, train_dir, validate_dir, copy):
    first = min(copy.glob("test*.wav"))
    soundfile.write(first, torch.zeros(0).numpy(), SAMPLE_RATE)
    with pytest.raises(ValueError, match=rf"{first.name}: audio holds no sample; replace it, or"):
        commands(name, train_dir, validate_dir)["apply"]()
    assert not list(validate_dir.path.glob("apply/*/*"))
