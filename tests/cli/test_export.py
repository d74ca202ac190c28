import onnxruntime

from pyannote_strf import STRFPyanNet
from pyannote_strf.models import checkpoint
from tests.conftest import TINY_ARCHITECTURE


def test_a_checkpoint_is_exported(command, tmp_path, built, monkeypatch, capsys):
    model = built(STRFPyanNet(**TINY_ARCHITECTURE))
    monkeypatch.setattr(checkpoint, "load_model", lambda path, trust: model)
    path = tmp_path / "out" / "model.onnx"
    command("export", tmp_path / "0001.ckpt", path)
    assert onnxruntime.InferenceSession(path).get_inputs()[0].name == "waveforms"
    assert capsys.readouterr().out == f"Wrote {path}\n"


def test_a_missing_checkpoint_raises_an_error(mistake, tmp_path):
    message = mistake("export", tmp_path / "0001.ckpt", tmp_path / "model.onnx")
    assert "0001.ckpt: no such checkpoint" in message
    assert not list(tmp_path.iterdir())
