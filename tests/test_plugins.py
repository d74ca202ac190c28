import pytest
import torch
from pyannote.audio.models.segmentation import PyanNet

from pyannote_strf import STRFPyanNet
from pyannote_strf.plugins import load_class, load_plugin


def load(name):
    return load_plugin("pyannote.audio.models", name, "pyannote.audio.models.segmentation")


def test_registered_names():
    assert load("STRFPyanNet") is STRFPyanNet


def test_dotted_paths():
    assert load("pyannote.audio.models.segmentation.PyanNet") is PyanNet
    assert load("pyannote_strf.models.STRFPyanNet") is STRFPyanNet


def test_default_module():
    assert load("PyanNet") is PyanNet
    assert load_class("Adam", "torch.optim") is torch.optim.Adam


def test_a_module_that_fails_to_import_something(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("import no_such_dependency")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=r"mine\.Model: cannot be imported.*no_such_dependency"):
        load("mine.Model")


@pytest.mark.parametrize("name", ["", "Nothing", "no.such.module.Class", "pyannote.audio.Nothing"])
def test_unknown_names(name):
    with pytest.raises(ValueError, match=r"unknown name.*registered \(STRFPyanNet, STRFTDNN\)"):
        load(name)
