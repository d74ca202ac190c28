import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from pyannote.audio import Inference
from pyannote.audio.core.task import Problem, Resolution, Specifications
from torch import nn

from pyannote_strf import STRFCNN10
from pyannote_strf.models.export import export_onnx
from pyannote_strf.models.strf_cnn10 import PANNS_FRONTEND
from tests.conftest import FRONTENDS, SAMPLE_RATE, TINY_FRONTEND

EVERY_FRONTEND = pytest.mark.parametrize("frontend", FRONTENDS, ids=lambda f: f["name"])


def tagging_model(frontend=TINY_FRONTEND, problem=Problem.MULTI_LABEL_CLASSIFICATION, **options):
    model = STRFCNN10(frontend=frontend, **{"width": 1 / 8, **options})
    model.specifications = Specifications(
        problem=problem, resolution=Resolution.CHUNK, duration=2.0, classes=["a", "b", "c"]
    )
    model.setup()
    return model.eval()


def slaney_mel(rate, n_fft, num_bands, f_min, f_max):
    """Return mel filters with the scale of Slaney's Auditory Toolbox and unit area: (band, bin)."""

    def to_mel(hertz):
        return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * np.log(hertz / 1000) / np.log(6.4)

    def to_hertz(mel):
        return mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)

    edges = [to_hertz(mel) for mel in np.linspace(to_mel(f_min), to_mel(f_max), num_bands + 2)]
    bins = np.arange(n_fft // 2 + 1) * rate / n_fft
    filters = []
    for low, centre, high in zip(edges, edges[1:], edges[2:]):
        rise, fall = (bins - low) / (centre - low), (high - bins) / (high - centre)
        filters.append(np.maximum(0, np.minimum(rise, fall)) * 2 / (high - low))
    return torch.tensor(np.array(filters), dtype=torch.float32)


def released_weights(num_classes=527):
    """Return random weights with the names and shapes of the released checkpoint of CNN10."""
    weights = {
        "spectrogram_extractor.stft.conv_real.weight": torch.randn(513, 1, 1024),
        "spectrogram_extractor.stft.conv_imag.weight": torch.randn(513, 1, 1024),
        "logmel_extractor.melW": torch.randn(513, 64),
    }

    def norm(name, size):
        weights[f"{name}.weight"] = 1 + 0.1 * torch.randn(size)
        weights[f"{name}.bias"] = 0.1 * torch.randn(size)
        weights[f"{name}.running_mean"] = 0.1 * torch.randn(size)
        weights[f"{name}.running_var"] = 1 + torch.rand(size)
        weights[f"{name}.num_batches_tracked"] = torch.tensor(7)

    norm("bn0", 64)
    for number, (inputs, outputs) in enumerate(((1, 64), (64, 128), (128, 256), (256, 512)), 1):
        for half, size in ((1, inputs), (2, outputs)):
            convolution = torch.randn(outputs, size, 3, 3) / (3 * size**0.5)
            weights[f"conv_block{number}.conv{half}.weight"] = convolution
            norm(f"conv_block{number}.bn{half}", outputs)
    for name, size in (("fc1", 512), ("fc_audioset", num_classes)):
        weights[f"{name}.weight"] = torch.randn(size, 512) / 512**0.5
        weights[f"{name}.bias"] = torch.randn(size)
    return weights


def published(weights, waveforms):
    """Return the class probabilities and embeddings of the published CNN10."""
    spectrum = torch.stft(
        waveforms[:, 0],
        1024,
        hop_length=320,
        window=torch.hann_window(1024),
        center=True,
        pad_mode="reflect",
        return_complex=True,
    )
    power = slaney_mel(32000, 1024, 64, 50, 14000) @ spectrum.abs().square()
    image = 10 * torch.log10(power.clamp(min=1e-10))

    def norm(x, name):
        shape = (1, -1, *[1] * (x.ndim - 2))
        mean, variance, scale, shift = (
            weights[f"{name}.{key}"].reshape(shape)
            for key in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / torch.sqrt(variance + 1e-5) * scale + shift

    # (batch, channel, frame, band), as published
    x = norm(image, "bn0").transpose(1, 2)[:, None]
    for number in range(1, 5):
        for half in (1, 2):
            name = f"conv_block{number}"
            x = F.conv2d(x, weights[f"{name}.conv{half}.weight"], padding=1)
            x = F.relu(norm(x, f"{name}.bn{half}"))
        x = F.avg_pool2d(x, 2)
    x = x.mean(dim=3)
    x = x.max(dim=2).values + x.mean(dim=2)
    embedding = F.relu(x @ weights["fc1.weight"].T + weights["fc1.bias"])
    scores = embedding @ weights["fc_audioset.weight"].T + weights["fc_audioset.bias"]
    return scores.sigmoid(), embedding


@pytest.fixture
def checkpoint(tmp_path):
    weights = released_weights()
    torch.save({"iteration": 600000, "model": weights}, tmp_path / "Cnn10.pth")
    return tmp_path / "Cnn10.pth", weights


def test_from_panns_gives_the_outputs_of_the_published_network(checkpoint):
    path, weights = checkpoint
    model = STRFCNN10.from_panns(path).eval()
    # not a multiple of the hop, at different levels
    waveforms = torch.randn(2, 1, 40123) * torch.tensor([0.1, 1e-4])[:, None, None]
    waveforms -= waveforms.mean(dim=-1, keepdim=True)
    # frames of the published network extend beyond the waveform
    reflected = F.pad(waveforms, (512, 512), mode="reflect")
    expected, embedding = published(weights, waveforms)
    with torch.no_grad():
        torch.testing.assert_close(model(reflected), expected, atol=1e-4, rtol=1e-3)
        torch.testing.assert_close(model.embed(reflected), embedding, atol=1e-3, rtol=1e-3)


def test_published_network_has_5_219_279_parameters(checkpoint):
    path, weights = checkpoint
    model = STRFCNN10.from_panns(path)
    assert sum(parameter.numel() for parameter in model.parameters()) == 5_219_279
    learnt = ("weight", "bias")
    assert (
        sum(
            value.numel()
            for name, value in weights.items()
            if name.endswith(learnt) and "extractor" not in name
        )
        == 5_219_279
    )


def test_from_panns_names_classes(checkpoint):
    path, _ = checkpoint
    names = [f"class {index}" for index in range(527)]
    assert STRFCNN10.from_panns(path, names).specifications.classes == names
    assert STRFCNN10.from_panns(path).specifications.classes[:2] == ["0", "1"]
    with pytest.raises(ValueError, match=r"Cnn10\.pth: has 527 classes, got 2 names"):
        STRFCNN10.from_panns(path, ["a", "b"])


def without(weights, name):
    return {key: value for key, value in weights.items() if key != name}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: without(w, "fc1.bias"), "lacks weight backend.fc1.bias"),
        (lambda w: {**w, "conv_block5.bn1.weight": torch.ones(2)}, "conv_block5.bn1.weight"),
        (lambda w: {**w, "fc1.bias": torch.ones(3)}, "size mismatch for backend.fc1.bias"),
        (lambda w: without(w, "fc_audioset.bias"), "'classifier.bias' is missing"),
    ],
)
def test_checkpoints_of_other_networks_are_refused(tmp_path, change, message):
    path = tmp_path / "other.pth"
    torch.save({"model": change(released_weights())}, path)
    with pytest.raises(ValueError, match=f"{message}.*CNN10 of PANNs|CNN10 of PANNs .*{message}"):
        STRFCNN10.from_panns(path)


def test_files_of_another_kind_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"none\.pth: no such checkpoint"):
        STRFCNN10.from_panns(tmp_path / "none.pth")
    (tmp_path / "text.pth").write_text("text")
    with pytest.raises(ValueError, match=r"text\.pth: not a checkpoint of CNN10"):
        STRFCNN10.from_panns(tmp_path / "text.pth")
    # would run code
    torch.save({"model": nn.Linear(2, 2)}, tmp_path / "code.pth")
    with pytest.raises(ValueError, match=r"code\.pth: not a checkpoint of CNN10"):
        STRFCNN10.from_panns(tmp_path / "code.pth")


def test_released_weights_are_fine_tuned_on_other_classes(checkpoint):
    path, weights = checkpoint
    model = STRFCNN10.from_panns(path)
    model.specifications = tagging_model().specifications
    with pytest.warns(UserWarning, match="trained for a different task"):
        model.setup()
    assert model(torch.randn(2, 1, 32000)).shape == (2, 3)
    assert torch.equal(model.backend.fc1.weight, weights["fc1.weight"])


@EVERY_FRONTEND
def test_every_parameter_learns(frontend):
    model = tagging_model(frontend).train()
    (model(torch.randn(4, 1, 32000)) * torch.randn(3)).sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_responses_are_channels_of_the_first_convolution():
    model = STRFCNN10(frontend={"name": "strf", "num_filters": 32, "stride": [1, 1]})
    assert model.backend.conv_block1.conv1.weight.shape == (64, 64, 3, 3)
    mel = STRFCNN10(frontend="mel")
    count = [sum(p.numel() for p in m.backend.parameters()) for m in (model, mel)]
    # 63 more input channels of 64 kernels of 3 x 3
    assert count[0] - count[1] == 36_288


@EVERY_FRONTEND
@pytest.mark.parametrize("num_samples", [2080, 2081, 16000, 50000])
def test_model_supports_any_duration_from_0_13_s(frontend, num_samples):
    model = tagging_model(frontend)
    for waveforms in (torch.randn(2, 1, num_samples), torch.zeros(2, 1, num_samples)):
        with torch.no_grad():
            scores = model(waveforms)
        assert scores.shape == (2, 3)
        assert scores.isfinite().all()


@EVERY_FRONTEND
def test_scores_of_a_clip_do_not_depend_on_padding_or_neighbours(frontend):
    model = tagging_model(frontend)
    lengths = torch.tensor([32000, 2080, 16000, 2080, 24001])
    waveforms = torch.randn(5, 1, 32000) * torch.logspace(-2, 0, 5).reshape(5, 1, 1)
    for row, length in enumerate(lengths):
        waveforms[row, :, length:] = 0
    with torch.no_grad():
        found = model(waveforms, lengths)
        for row, length in enumerate(lengths):
            alone = model(waveforms[row : row + 1, :, :length])[0]
            torch.testing.assert_close(found[row], alone, atol=1e-4, rtol=1e-3)
        # clips shorter than one window
        assert model(waveforms, torch.zeros_like(lengths)).isfinite().all()


def test_scores_of_single_labels_are_log_probabilities():
    model = tagging_model(problem=Problem.MONO_LABEL_CLASSIFICATION)
    with torch.no_grad():
        scores = model(torch.randn(2, 1, 16000))
    torch.testing.assert_close(scores.exp().sum(dim=-1), torch.ones(2))


@pytest.mark.parametrize(
    ("problem", "resolution"),
    [
        (Problem.MONO_LABEL_CLASSIFICATION, Resolution.FRAME),
        (Problem.BINARY_CLASSIFICATION, Resolution.CHUNK),
        (Problem.REPRESENTATION, Resolution.CHUNK),
        (Problem.REGRESSION, Resolution.CHUNK),
    ],
)
def test_unsupported_tasks_are_refused(problem, resolution):
    model = STRFCNN10(frontend="mel", width=1 / 8)
    model.specifications = Specifications(
        problem=problem, resolution=resolution, duration=2.0, classes=["a", "b"]
    )
    asked = f"{problem.name.lower()} of {resolution.name.lower()}s".replace("_", " ")
    message = (
        f"^STRFCNN10: {asked} is not supported, valid options: mono label classification of "
        "chunks, multi label classification of chunks$"
    )
    with pytest.raises(NotImplementedError, match=message):
        model.setup()


def test_exported_model_matches_torch(tmp_path):
    model = tagging_model()
    export_onnx(model, tmp_path / "model.onnx")
    runtime = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    # shorter than 16 frames, and longer
    for batch, num_samples in ((1, 2080), (3, 16000), (2, 81234)):
        waveforms = torch.randn(batch, 1, num_samples)
        (found,) = runtime.run(["scores"], {"waveforms": waveforms.numpy()})
        with torch.no_grad():
            np.testing.assert_allclose(found, model(waveforms).numpy(), atol=1e-4, rtol=1e-4)
    assert runtime.get_modelmeta().custom_metadata_map["classes"] == "a,b,c"


def test_upstream_inference_supports_the_model():
    model = tagging_model()
    waveform = torch.randn(1, 4 * SAMPLE_RATE)
    file = {"waveform": waveform, "sample_rate": SAMPLE_RATE}
    with torch.no_grad():
        expected = model(waveform[None]).numpy()
        parts = [model(waveform[None, :, at : at + 32000]).numpy() for at in (0, 16000, 32000)]
    assert np.allclose(Inference(model, window="whole")(file), expected[0], atol=1e-5)
    sliding = Inference(model, window="sliding", duration=2.0, step=1.0)(file)
    assert np.allclose(sliding.data, np.concatenate(parts), atol=1e-5)


def test_front_end_of_panns_is_saved_with_the_model():
    model = STRFCNN10(frontend=PANNS_FRONTEND, sample_rate=32000)
    spectrogram = model.hparams["frontend"]["spectrogram"]
    assert (spectrogram["f_min"], spectrogram["f_max"]) == (50.0, 14000.0)
    assert (spectrogram["hop"], spectrogram["num_bands"]) == (0.01, 64)
