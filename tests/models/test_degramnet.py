import onnxruntime
import pytest
import torch
from pyannote.audio.core.task import Problem, Resolution, Specifications

from pyannote_strf import DEGramNet, DEGramNetEmbedding
from pyannote_strf.models.export import export_onnx
from tests.conftest import TINY_FRONTEND

FRONTENDS = pytest.mark.parametrize(
    "frontend",
    [None, TINY_FRONTEND, {"name": "sincnet"}],
    ids=["degram", "strf", "sincnet"],
)


def with_task(model, problem=Problem.MULTI_LABEL_CLASSIFICATION):
    model.specifications = Specifications(
        problem=problem, resolution=Resolution.CHUNK, duration=2.0, classes=["a", "b", "c"]
    )
    model.setup()
    return model.eval()


@FRONTENDS
@pytest.mark.parametrize("kind", [DEGramNet, DEGramNetEmbedding])
def test_every_parameter_except_the_scale_of_the_image_learns(kind, frontend):
    problem = Problem.REPRESENTATION
    if kind is DEGramNet:
        problem = Problem.MULTI_LABEL_CLASSIFICATION
    model = with_task(kind(frontend=frontend, eca=True), problem).train()
    output = model(torch.randn(2, 1, 16000))
    (output * torch.randn_like(output)).sum().backward()
    for name, parameter in model.named_parameters():
        if name.endswith("input_norm.weight"):
            assert not parameter.requires_grad
        else:
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name


def test_degram_is_the_default_front_end():
    for model in (DEGramNet(), DEGramNetEmbedding()):
        assert model.hparams["frontend"]["name"] == "degram"
        assert (model.hparams["depth"], model.hparams["eca"]) == (18, False)


def test_scores_of_a_clip_do_not_depend_on_padding_or_neighbours():
    model = with_task(DEGramNet(eca=True))
    lengths = torch.tensor([16000, 2080, 8000])
    waveforms = torch.randn(3, 1, 16000)
    for row, length in enumerate(lengths):
        waveforms[row, :, length:] = 0
    with torch.no_grad():
        found = model(waveforms, lengths)
        for row, length in enumerate(lengths):
            alone = model(waveforms[row : row + 1, :, :length])[0]
            torch.testing.assert_close(found[row], alone, atol=1e-4, rtol=1e-3)


def test_embeddings_are_statistics_of_every_band():
    model = with_task(DEGramNetEmbedding(dimension=16), Problem.REPRESENTATION)
    waveforms = torch.randn(2, 1, 16000)
    with torch.no_grad():
        features = model.backend(model.frontend(waveforms))
        # 512 channels of 128 / 32 bands
        assert features.shape == (2, 4, 2048)
        statistics = torch.cat([features.mean(dim=1), features.std(dim=1)], dim=1)
        torch.testing.assert_close(model(waveforms), model.embedding(statistics))
        assert model(waveforms, torch.ones(2, 3, 50)).shape == (2, 3, 16)
    assert model.dimension == 16


@pytest.mark.parametrize("waveforms", [torch.zeros(2, 1, 8000), torch.randn(2, 1, 512)])
def test_silent_and_short_waveforms_have_finite_embeddings(waveforms):
    model = with_task(DEGramNetEmbedding(dimension=16), Problem.REPRESENTATION)
    with torch.no_grad():
        assert model(waveforms).isfinite().all()
        assert model.features(waveforms).shape[1] == model.num_frames(waveforms.shape[-1])


def test_exported_model_matches_torch(tmp_path):
    # longer than the example of other exports
    frontend = {"name": "frame_level", "window_length": 4000, "num_filters": 16}
    model = with_task(DEGramNet(frontend=frontend, eca=True))
    export_onnx(model, tmp_path / "model.onnx")
    runtime = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    for shape in ((1, 1, 4256), (3, 1, 40123)):
        waveforms = torch.randn(shape)
        (scores,) = runtime.run(None, {"waveforms": waveforms.numpy()})
        with torch.no_grad():
            expected = model(waveforms)
        torch.testing.assert_close(torch.from_numpy(scores), expected, atol=1e-4, rtol=1e-4)


def test_invalid_options_are_refused():
    with pytest.raises(ValueError, match="depth must be one of 18, 34"):
        DEGramNet(depth=20)
    with pytest.raises(ValueError, match="dimension must be a positive integer"):
        DEGramNetEmbedding(dimension=0)
    message = "front-end 'sample_cnn' describes chunks, and DEGramNetEmbedding needs frames"
    with pytest.raises(ValueError, match=message):
        DEGramNetEmbedding(frontend="sample_cnn")
    with pytest.raises(NotImplementedError, match="representation of chunks is not supported"):
        with_task(DEGramNet(), Problem.REPRESENTATION)


@pytest.mark.parametrize("model", [DEGramNet, DEGramNetEmbedding])
def test_eca_must_be_a_boolean(model):
    with pytest.raises(ValueError, match=r"^eca must be true or false, got 'no'"):
        model(frontend="mel", eca="no")
