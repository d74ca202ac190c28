import pytest
from pyannote.audio.models.segmentation import PyanNet

from pyannote_strf import STRFPyanNet
from pyannote_strf.plugins import load_plugin


def test_registered_names():
    assert load_plugin("pyannote.audio.models", "STRFPyanNet") is STRFPyanNet


def test_dotted_paths():
    name = "pyannote.audio.models.segmentation.PyanNet"
    assert load_plugin("pyannote.audio.models", name) is PyanNet
    assert load_plugin("pyannote.audio.models", "pyannote_strf.models.STRFPyanNet") is STRFPyanNet


def test_default_module():
    default = "pyannote.audio.models.segmentation"
    assert load_plugin("pyannote.audio.models", "PyanNet", default) is PyanNet


@pytest.mark.parametrize("name", ["", "Nothing", "no.such.module.Class", "pyannote.audio.Nothing"])
def test_unknown_names(name):
    with pytest.raises(ValueError, match=r"unknown name.*pyannote\.audio\.models \(STRFPyanNet\)"):
        load_plugin("pyannote.audio.models", name)
