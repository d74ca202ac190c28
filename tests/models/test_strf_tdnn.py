import numpy as np
import pytest
import torch
from pyannote.audio import Inference
from pyannote.audio.core.plda import PLDA
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.embedding.xvector import XVectorSincNet
from pyannote.audio.pipelines import SpeakerDiarization
from pyannote.audio.pipelines.speaker_verification import (
    PretrainedSpeakerEmbedding,
    SpeakerEmbedding,
)

from pyannote_strf import STRFTDNN, STRFPyanNet
from tests.conftest import FRONTENDS, SAMPLE_RATE, TINY_ARCHITECTURE, TINY_FRONTEND
from tests.models.frames import same_frames

EVERY_FRONTEND = pytest.mark.parametrize("frontend", FRONTENDS, ids=lambda f: f["name"])


def embedding_model(frontend=TINY_FRONTEND, **options):
    model = STRFTDNN(frontend=frontend, **options)
    model.specifications = Specifications(
        problem=Problem.REPRESENTATION,
        resolution=Resolution.CHUNK,
        duration=2.0,
        classes=["a", "b"],
    )
    return model.eval()


def pooled(model, waveforms):
    """Return the input of statistics pooling."""
    kept = []
    hook = model.stats_pool.register_forward_pre_hook(lambda _, args: kept.append(args[0]))
    with torch.no_grad():
        model(waveforms)
    hook.remove()
    return kept[0]


@EVERY_FRONTEND
def test_every_parameter_learns(frontend):
    model = STRFTDNN(frontend=frontend)
    (model(torch.randn(4, 1, 32000)) * torch.randn(512)).sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@EVERY_FRONTEND
def test_an_example_does_not_depend_on_its_neighbours(frontend):
    model = embedding_model(frontend)
    waveforms = torch.randn(8, 1, 32000) * torch.logspace(-2, 0, 8).reshape(8, 1, 1)
    with torch.no_grad():
        torch.testing.assert_close(
            model(waveforms[3:4])[0], model(waveforms)[3], atol=1e-4, rtol=1e-3
        )


@pytest.mark.parametrize("options", [{}, {"dimension": 16, "sincnet": {"stride": 5}}], ids=str)
def test_from_xvector_gives_the_same_embeddings(options):
    upstream = XVectorSincNet(**options).eval()
    model = STRFTDNN.from_xvector(upstream).eval()
    waveforms = torch.randn(2, 1, 24000)
    weights = torch.rand(2, 50)
    with torch.no_grad():
        assert torch.equal(model(waveforms), upstream(waveforms))
        assert torch.equal(model(waveforms, weights), upstream(waveforms, weights))
    assert model.dimension == upstream.dimension
    assert model.num_frames(24000) == upstream.num_frames(24000)
    assert same_frames(model, upstream)
    assert not isinstance(model, XVectorSincNet)


def test_from_xvector_keeps_specifications():
    upstream = XVectorSincNet()
    upstream.specifications = embedding_model().specifications
    assert STRFTDNN.from_xvector(upstream).specifications == upstream.specifications


@pytest.mark.parametrize(
    ("problem", "resolution"),
    [
        (Problem.REPRESENTATION, Resolution.FRAME),
        (Problem.BINARY_CLASSIFICATION, Resolution.FRAME),
        (Problem.BINARY_CLASSIFICATION, Resolution.CHUNK),
        (Problem.MONO_LABEL_CLASSIFICATION, Resolution.CHUNK),
        (Problem.REGRESSION, Resolution.CHUNK),
    ],
)
def test_unsupported_tasks_are_refused(problem, resolution):
    model = STRFTDNN(frontend=TINY_FRONTEND, dimension=16)
    model.specifications = Specifications(
        problem=problem, resolution=resolution, duration=2.0, classes=["a", "b"]
    )
    asked = f"{problem.name.lower()} of {resolution.name.lower()}s".replace("_", " ")
    message = f"^STRFTDNN: {asked} is not supported, valid options: representation of chunks$"
    with pytest.raises(NotImplementedError, match=message):
        model.setup()


def test_several_tasks_at_once_are_refused():
    model = embedding_model()
    model.specifications = (model.specifications, model.specifications)
    with pytest.raises(NotImplementedError, match="several tasks at once is not supported"):
        model.setup()


@EVERY_FRONTEND
@pytest.mark.parametrize("num_samples", [4800, 4801, 6000, 16000, 50000])
def test_model_supports_any_duration_from_0_3_s(frontend, num_samples):
    model = embedding_model(frontend)
    for waveforms in (torch.randn(2, 1, num_samples), torch.zeros(2, 1, num_samples)):
        with torch.no_grad():
            embeddings = model(waveforms)
        assert embeddings.shape == (2, model.dimension)
        assert embeddings.isfinite().all()
        assert pooled(model, waveforms).shape[-1] == model.num_frames(num_samples)


def test_masked_frames_are_ignored():
    model = embedding_model()
    waveforms = torch.randn(2, 1, 32000)
    frames = pooled(model, waveforms)
    mask = (torch.arange(frames.shape[-1]) % 3 > 0).float()
    kept = frames[..., mask > 0]
    expected = model.embedding(torch.cat([kept.mean(-1), kept.std(-1)], dim=-1))
    with torch.no_grad():
        found = model(waveforms, weights=mask.expand(2, -1))
        by_speaker = model(waveforms, weights=torch.stack([mask, 1 - mask]).expand(2, -1, -1))
        of_none = model(waveforms, weights=torch.zeros(2, 10))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(by_speaker[:, 0], found)
    assert by_speaker.shape == (2, 2, 512)
    assert of_none.isfinite().all()


def test_upstream_inference_supports_the_model():
    model = embedding_model(dimension=32)
    waveform = torch.randn(1, 4 * SAMPLE_RATE)
    file = {"waveform": waveform, "sample_rate": SAMPLE_RATE}
    with torch.no_grad():
        expected = model(waveform[None]).numpy()
        parts = [model(waveform[None, :, at : at + 32000]).numpy() for at in (0, 16000, 32000)]
    assert np.allclose(Inference(model, window="whole")(file), expected[0], atol=1e-5)
    sliding = Inference(model, window="sliding", duration=2.0, step=1.0)(file)
    assert np.allclose(sliding.data, np.concatenate(parts), atol=1e-5)


def test_upstream_embedding_pipelines_support_the_model():
    model = embedding_model()
    waveform = torch.randn(1, 3 * SAMPLE_RATE)
    with torch.no_grad():
        expected = model(waveform[None]).numpy()
    file = {"waveform": waveform, "sample_rate": SAMPLE_RATE}
    assert np.allclose(SpeakerEmbedding(embedding=model)(file), expected, atol=1e-5)
    pretrained = PretrainedSpeakerEmbedding(model)
    assert np.allclose(pretrained(waveform[None]), expected, atol=1e-5)
    assert pretrained.dimension == 512
    assert pretrained.min_num_samples <= 0.3 * SAMPLE_RATE
    mask = torch.ones(1, 20)
    assert np.allclose(pretrained(waveform[None], masks=mask), expected, atol=1e-3)


def test_upstream_diarization_pipeline_supports_the_model():
    segmentation = STRFPyanNet(**TINY_ARCHITECTURE)
    segmentation.specifications = Specifications(
        problem=Problem.MULTI_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=2.0,
        classes=["speaker#1", "speaker#2"],
    )
    segmentation.setup()
    # scores always say that the first speaker speaks
    segmentation.classifier.bias.data = torch.tensor([9.0, -9.0])
    pipeline = SpeakerDiarization(
        segmentation=segmentation.eval(),
        embedding=embedding_model(),
        clustering="AgglomerativeClustering",
        plda=PLDA.__new__(PLDA),
    )
    pipeline.instantiate(
        {
            "segmentation": {"min_duration_off": 0.0, "threshold": 0.5},
            "clustering": {"method": "centroid", "min_cluster_size": 1, "threshold": 1.9},
        }
    )
    file = {"waveform": torch.randn(1, 6 * SAMPLE_RATE), "sample_rate": SAMPLE_RATE, "uri": "x"}
    output = pipeline(file)
    assert output.speaker_diarization.labels() == ["SPEAKER_00"]
    assert output.speaker_embeddings.shape == (1, 512)
    assert np.isfinite(output.speaker_embeddings).all()


def test_unknown_front_ends_are_refused():
    with pytest.raises(ValueError, match=r"unknown name 'cochlea'.*strf"):
        STRFTDNN(frontend="cochlea")
