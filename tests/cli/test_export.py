import numpy as np
import onnxruntime
import torch

from pyannote_strf import load_pipeline


def test_an_experiment_is_exported(command, trained_experiments, tmp_path, capsys):
    path = tmp_path / "out" / "model.onnx"
    command("export", trained_experiments["sad"], path)
    assert capsys.readouterr().out == f"Wrote {path}\n"

    waveforms = np.random.default_rng(0).normal(size=(1, 1, 32000)).astype(np.float32)
    (scores,) = onnxruntime.InferenceSession(path).run(None, {"waveforms": waveforms})
    pipeline = load_pipeline(trained_experiments["sad"])
    expected = pipeline._segmentation.infer(torch.from_numpy(waveforms))
    assert np.allclose(scores, expected, atol=1e-4)


def test_a_missing_checkpoint_raises_an_error(mistake, tmp_path):
    message = mistake("export", tmp_path / "0001.ckpt", tmp_path / "model.onnx")
    assert "0001.ckpt: no such checkpoint" in message
    assert not list(tmp_path.iterdir())
