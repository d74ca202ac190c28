import multiprocessing
import sys
from importlib import import_module
from importlib.metadata import EntryPoint

import pytest
import torch
from pyannote.audio.models.segmentation import PyanNet

from pyannote_strf import STRFPyanNet, plugins
from pyannote_strf.models.checkpoint import load_model
from pyannote_strf.plugins import known_packages, load_class, load_plugin, register, registered
from tests.conftest import TINY_ARCHITECTURE


def load(name):
    return load_plugin("pyannote.audio.models", name, "pyannote.audio.models.segmentation")


def test_registered_name_is_found():
    assert load("STRFPyanNet") is STRFPyanNet


def test_dotted_path_is_found():
    assert load("pyannote.audio.models.segmentation.PyanNet") is PyanNet
    assert load("pyannote_strf.models.STRFPyanNet") is STRFPyanNet


def test_name_in_the_default_module_is_found():
    assert load("PyanNet") is PyanNet
    assert load_class("Adam", "torch.optim") is torch.optim.Adam


def test_error_names_a_missing_dependency(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("import no_such_dependency")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=r"mine\.Model: cannot be imported.*no_such_dependency"):
        load("mine.Model")


@pytest.mark.parametrize("name", ["", "Nothing", "no.such.module.Class", "pyannote.audio.Nothing"])
def test_unknown_name_raises_an_error(name):
    with pytest.raises(
        ValueError, match=r"unknown name.*registered \(STRFCNN10, STRFPyanNet, STRFTDNN\)"
    ):
        load(name)


OF_A_USER = """
import torch
from pyannote_strf import STRFPyanNet
from pyannote_strf.frontends.mel import Mel


class Loud(Mel):
    def __init__(self, sample_rate=16000, spectrogram=None, gain=2.0):
        super().__init__(sample_rate, spectrogram)
        self.gain = gain

    def image(self, waveforms):
        return self.gain * super().image(waveforms)


class Net(STRFPyanNet):
    pass


class Chunks(torch.utils.data.Dataset):
    def __init__(self, model):
        self.model = model

    def __len__(self):
        return 2

    def __getitem__(self, index):
        with torch.no_grad():
            return self.model.frontend(torch.linspace(-1, 1, 16000)[None, None])[0]
"""
FRONTENDS = "pyannote_strf.frontends"


@pytest.fixture
def of_a_user(tmp_path, monkeypatch):
    """Import the module of a user's script, and restore the registry afterwards."""
    (tmp_path / "of_a_user.py").write_text(OF_A_USER)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(plugins, "_REGISTERED", {})
    yield import_module("of_a_user")
    del sys.modules["of_a_user"]
    known_packages.cache_clear()


def test_front_end_registered_at_run_time_works(of_a_user):
    register(FRONTENDS, "loud", of_a_user.Loud)
    assert load_plugin(FRONTENDS, "loud", FRONTENDS) is of_a_user.Loud
    assert registered(FRONTENDS) == ["conv2d", "loud", "mel", "sincnet", "strf"]
    model = STRFPyanNet(**{**TINY_ARCHITECTURE, "frontend": {"name": "loud", "gain": 3.0}})
    waveforms = torch.randn(1, 1, 16000)
    expected = 3 * model.frontend.spectrogram(waveforms)
    assert torch.equal(model.frontend(waveforms), expected)
    assert model.hparams.frontend["gain"] == 3.0
    assert model.hparams.frontend["spectrogram"]["num_bands"] == 64


def test_registering_a_second_class_raises_an_error(of_a_user):
    register(FRONTENDS, "loud", of_a_user.Loud)
    register(FRONTENDS, "loud", of_a_user.Loud)
    with pytest.raises(ValueError, match=r"'loud' is already of_a_user\.Loud"):
        register(FRONTENDS, "loud", of_a_user.Net)
    with pytest.raises(ValueError, match=r"'mel' is already pyannote_strf\.frontends\.mel\.Mel"):
        register(FRONTENDS, "mel", of_a_user.Loud)
    assert load_plugin(FRONTENDS, "mel", FRONTENDS).__name__ == "Mel"
    with pytest.raises(ValueError, match="group 'frontends' does not exist, valid options: pyan"):
        register("frontends", "loud", of_a_user.Loud)


def test_plug_in_of_another_type_raises_an_error(of_a_user, monkeypatch):
    register(FRONTENDS, "net", of_a_user.Net)
    with pytest.raises(ValueError, match=r"net is not a subclass of .*\.Frontend"):
        STRFPyanNet(frontend="net")
    entry = EntryPoint("installed", "of_a_user:Net", FRONTENDS)
    monkeypatch.setattr(plugins, "entry_points", lambda **_: [entry])
    with pytest.raises(ValueError, match=r"installed is not a subclass of .*\.Frontend"):
        STRFPyanNet(frontend="installed")


def test_error_names_a_plug_in_that_cannot_be_imported(monkeypatch):
    entry = EntryPoint("broken", "no_such_module:Net", FRONTENDS)
    monkeypatch.setattr(plugins, "entry_points", lambda **_: [entry])
    with pytest.raises(ValueError, match=r"broken \(no_such_module:Net\): cannot be imported"):
        load_plugin(FRONTENDS, "broken", FRONTENDS)


def test_registered_packages_are_trusted(of_a_user, specifications, tmp_path):
    model = of_a_user.Net(**TINY_ARCHITECTURE)
    model.specifications = specifications
    model.setup()
    checkpoint = {"state_dict": model.state_dict(), "hyper_parameters": dict(model.hparams)}
    model.on_save_checkpoint(checkpoint)
    checkpoint["pytorch-lightning_version"] = "2.6.0"
    torch.save(checkpoint, tmp_path / "model.ckpt")
    with pytest.raises(ValueError, match=r"of_a_user\.Net is not part of"):
        load_model(tmp_path / "model.ckpt")
    register("pyannote.audio.models", "Net", of_a_user.Net)
    assert isinstance(load_model(tmp_path / "model.ckpt"), of_a_user.Net)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_need_no_registration(of_a_user, method):
    register(FRONTENDS, "loud", of_a_user.Loud)
    model = STRFPyanNet(**{**TINY_ARCHITECTURE, "frontend": "loud"})
    loader = torch.utils.data.DataLoader(
        of_a_user.Chunks(model),
        batch_size=2,
        num_workers=1,
        multiprocessing_context=multiprocessing.get_context(method),
    )
    (images,) = loader
    expected = model.frontend(torch.linspace(-1, 1, 16000)[None, None])
    torch.testing.assert_close(images, expected.expand(2, -1, -1, -1))
