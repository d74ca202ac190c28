import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from pyannote.audio.core.task import Problem, Resolution, Specifications

from pyannote_strf import STRFTDNN, STRFConv2d, STRFPyanNet
from pyannote_strf.models.export import export_onnx
from tests.conftest import TINY_ARCHITECTURE

ANY = torch.export.Dim.DYNAMIC


def session(program: torch.onnx.ONNXProgram, path):
    program.save(path)
    return onnxruntime.InferenceSession(path)


def assert_same(module, runtime, x):
    with torch.no_grad():
        expected = module(x).numpy()
    (name,) = [node.name for node in runtime.get_inputs()]
    (found,) = runtime.run(None, {name: x.numpy()})
    np.testing.assert_allclose(found, expected, atol=1e-4, rtol=1e-4)


def axes_in(path):
    """Return the names or sizes of the axes of inputs and outputs in a file."""
    graph = onnx.load(path).graph
    return {
        value.name: [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.output)
    }


@pytest.mark.parametrize("mode", ["concat", "abs"])
def test_exported_layer_matches_torch(tmp_path, mode):
    layer = STRFConv2d(1, 4, (9, 111), (4, 2), padding=(4, 55), mode=mode).eval()
    program = torch.export.export(
        layer, (torch.randn(2, 1, 64, 200),), dynamic_shapes=({0: ANY, 3: ANY},), strict=False
    )
    runtime = session(
        torch.onnx.export(program, dynamo=True, verbose=False), tmp_path / "layer.onnx"
    )
    for shape in ((1, 1, 64, 111), (3, 1, 64, 501)):
        assert_same(layer, runtime, torch.randn(shape))


@pytest.mark.parametrize(
    "frontend",
    [
        {**TINY_ARCHITECTURE["frontend"], "spectrogram": {"gain_control": True}},
        {"name": "sincnet"},
    ],
    ids=lambda frontend: frontend["name"],
)
def test_exported_model_matches_torch(tmp_path, built, frontend):
    model = built(STRFPyanNet(**{**TINY_ARCHITECTURE, "frontend": frontend})).eval()
    path = tmp_path / "model.onnx"
    export_onnx(model, path)
    assert axes_in(path) == {
        "waveforms": ["batch", 1, "sample"],
        "scores": ["batch", "frame", 1],
    }
    runtime = onnxruntime.InferenceSession(path)
    for batch, num_samples in ((1, 16000), (3, 81234)):
        assert_same(model, runtime, torch.randn(batch, 1, num_samples))
    metadata = runtime.get_modelmeta().custom_metadata_map
    assert metadata["sample_rate"] == "16000"
    assert float(metadata["frame_step"]) == pytest.approx(model.receptive_field.step)


def test_exported_embedding_model_matches_torch(tmp_path):
    frontend = {**TINY_ARCHITECTURE["frontend"], "keep_spectrogram": True}
    model = STRFTDNN(frontend=frontend, dimension=16).eval()
    model.specifications = Specifications(
        problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=2.0, classes=["a"]
    )
    export_onnx(model, tmp_path / "model.onnx")
    assert axes_in(tmp_path / "model.onnx") == {
        "waveforms": ["batch", 1, "sample"],
        "embeddings": ["batch", 16],
    }
    runtime = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    # shorter and longer than the receptive field of the TDNN
    for batch, num_samples in ((1, 4800), (3, 81234)):
        assert_same(model, runtime, torch.randn(batch, 1, num_samples))


def test_an_operation_that_cannot_be_exported_raises_an_error(tmp_path, built):
    model = built(STRFPyanNet(**TINY_ARCHITECTURE))
    model.frontend.register_forward_hook(
        lambda module, inputs, image: image + torch.linalg.eigvals(torch.eye(2)).real.sum()
    )
    with pytest.raises(ValueError, match=r"^the model cannot be exported to ONNX .*linalg_eig"):
        export_onnx(model, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_export_to_a_full_disk_leaves_no_file(tmp_path, built, monkeypatch):
    def full(self, destination, **_):
        destination.write_bytes(b"partial")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch.onnx.ONNXProgram, "save", full)
    with pytest.raises(OSError, match=r"model.onnx: cannot be written \(No space left on device\)"):
        export_onnx(built(STRFPyanNet(**TINY_ARCHITECTURE)), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
