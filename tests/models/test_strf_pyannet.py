import subprocess
import sys
import warnings
from functools import partialmethod

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback, Trainer
from pyannote.audio import Inference, Model
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.segmentation import PyanNet
from pyannote.audio.pipelines import VoiceActivityDetection as VoiceActivityDetectionPipeline
from pyannote.audio.tasks import (
    MultiLabelSegmentation,
    SpeakerDiarization,
    VoiceActivityDetection,
)
from pyannote.core import SlidingWindowFeature

from pyannote_strf import STRFPyanNet
from pyannote_strf.backends.compression import COMPRESSION_DEFAULTS
from pyannote_strf.backends.lstm import LSTM_DEFAULTS
from pyannote_strf.frontends.strf import STRF
from pyannote_strf.layers.spectrogram import Spectrogram
from pyannote_strf.layers.spectrograms.mel import Mel
from pyannote_strf.plugins import load_plugin
from tests.conftest import FRONTENDS, SAMPLE_RATE, TINY_ARCHITECTURE, buzz
from tests.models.frames import same_frames

SMALL_BACKEND = {key: TINY_ARCHITECTURE[key] for key in ("lstm", "linear")}


def trainer(path, **options):
    return Trainer(
        accelerator="cpu",
        default_root_dir=path,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )


@pytest.mark.parametrize("frontend", FRONTENDS, ids=lambda f: f["name"])
def test_every_parameter_learns(frontend, built):
    model = built(STRFPyanNet(frontend=frontend, **SMALL_BACKEND))
    noise = torch.randn(4, 1, 32000) * torch.linspace(0, 1, 32000)
    target = (torch.rand(4, model.num_frames(32000), 1) > 0.5).float()
    torch.nn.functional.binary_cross_entropy(model(noise), target).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("frontend", FRONTENDS, ids=lambda f: f["name"])
def test_an_example_does_not_depend_on_its_neighbours(frontend, built):
    model = built(STRFPyanNet(frontend=frontend, **SMALL_BACKEND))
    waveforms = torch.randn(8, 1, 32000) * torch.logspace(-2, 0, 8).reshape(8, 1, 1)
    with torch.no_grad():
        alone = model(waveforms[3:4])[0]
        together = model(waveforms)[3]
    torch.testing.assert_close(alone, together, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sincnet": {"stride": 5}},
        {"lstm": {"hidden_size": 16, "num_layers": 3, "bidirectional": False}},
        {"lstm": {"hidden_size": 16, "monolithic": False, "dropout": 0.5}},
        {"linear": {"num_layers": 0}},
        {"linear": {"hidden_size": 16, "num_layers": 1}},
    ],
    ids=str,
)
def test_from_pyannet_gives_the_same_scores(options, built):
    upstream = built(PyanNet(**options))
    model = STRFPyanNet.from_pyannet(upstream).eval()
    waveforms = torch.randn(2, 1, 32000)
    assert torch.equal(model(waveforms), upstream(waveforms))
    assert model.num_frames(32000) == upstream.num_frames(32000)
    assert same_frames(model, upstream)
    assert not isinstance(model, PyanNet)
    again = built(STRFPyanNet(**model.hparams))
    again.load_state_dict(model.state_dict())
    assert torch.equal(again(waveforms), upstream(waveforms))


def test_from_pyannet_supports_powerset_models():
    upstream = PyanNet(**SMALL_BACKEND)
    upstream.specifications = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=2.0,
        classes=["a", "b", "c"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    upstream.setup()
    model = STRFPyanNet.from_pyannet(upstream)
    assert model.dimension == upstream.dimension == 7
    waveforms = torch.randn(2, 1, 32000)
    assert torch.equal(model.eval()(waveforms), upstream.eval()(waveforms))


def test_from_pyannet_without_a_task_adds_no_classifier():
    model = STRFPyanNet.from_pyannet(PyanNet(**SMALL_BACKEND))
    assert not hasattr(model, "classifier")


@pytest.mark.parametrize(
    ("problem", "resolution"),
    [
        (Problem.BINARY_CLASSIFICATION, Resolution.CHUNK),
        (Problem.MULTI_LABEL_CLASSIFICATION, Resolution.CHUNK),
        (Problem.REPRESENTATION, Resolution.CHUNK),
        (Problem.REPRESENTATION, Resolution.FRAME),
        (Problem.REGRESSION, Resolution.FRAME),
    ],
)
def test_unsupported_tasks_are_refused(problem, resolution):
    model = STRFPyanNet(**TINY_ARCHITECTURE)
    model.specifications = Specifications(
        problem=problem, resolution=resolution, duration=2.0, classes=["a", "b"]
    )
    asked = f"{problem.name.lower()} of {resolution.name.lower()}s".replace("_", " ")
    message = f"^STRFPyanNet: {asked} is not supported, valid options: binary classification of fra"
    with pytest.raises(NotImplementedError, match=message):
        model.setup()


def test_several_tasks_at_once_are_refused(specifications):
    model = STRFPyanNet(**TINY_ARCHITECTURE)
    model.specifications = (specifications, specifications)
    with pytest.raises(NotImplementedError, match="several tasks at once is not supported"):
        model.setup()


@pytest.mark.parametrize("frontend", FRONTENDS, ids=lambda f: f["name"])
def test_images_of_several_channels_are_compressed(frontend):
    model = STRFPyanNet(frontend=frontend, **SMALL_BACKEND)
    several = frontend["name"] in ("strf", "conv2d")
    expected = {"num_features": 64, "activation": "relu"} if several else None
    assert model.hparams.compression == expected
    num_features = {"sincnet": 60}.get(frontend["name"], 64)
    assert model.backend.lstm.input_size == num_features


def test_compression_supports_images_of_one_channel(built):
    options = {"num_features": 8, "activation": "gelu"}
    model = built(STRFPyanNet(frontend="mel", compression=options, **SMALL_BACKEND))
    assert model.backend.lstm.input_size == 8
    again = STRFPyanNet(**model.hparams).backend.compression
    assert (again.num_features, again.activation) == (8, "gelu")
    assert model(torch.randn(2, 1, 16000)).shape == (2, 98, 1)


def test_receptive_field_does_not_include_the_kernel():
    model = STRFPyanNet()
    frame = model.receptive_field
    assert frame.duration == pytest.approx(0.025)
    assert frame.step == pytest.approx(0.020)
    assert frame.start == pytest.approx(0, abs=1e-4)


def test_a_trained_model_finds_the_times_of_a_burst(tmp_path, corpus, protocol):
    """A shift of either scores or labels would show after training."""
    task = VoiceActivityDetection(protocol, duration=2.0, batch_size=8, num_workers=0)
    model = STRFPyanNet(**TINY_ARCHITECTURE, task=task)
    model.configure_optimizers = lambda: torch.optim.Adam(model.parameters(), lr=0.02)
    trainer(tmp_path, max_epochs=40, enable_checkpointing=False, limit_val_batches=0).fit(model)

    rng = np.random.default_rng(1)
    waveform = 0.005 * torch.randn(1, 6 * SAMPLE_RATE)
    waveform[0, 2 * SAMPLE_RATE : 4 * SAMPLE_RATE] += 0.5 * torch.from_numpy(buzz(2.0, rng)).float()
    scores = Inference(model, step=0.5)({"waveform": waveform, "sample_rate": SAMPLE_RATE})
    assert isinstance(scores, SlidingWindowFeature)
    active = (scores.data[:, 0] > 0.5).nonzero()[0]
    onset = scores.sliding_window[int(active[0])].middle
    offset = scores.sliding_window[int(active[-1])].middle
    assert onset == pytest.approx(2.0, abs=0.06)
    assert offset == pytest.approx(4.0, abs=0.06)


def test_labels_are_within_a_frame_of_annotation(corpus, protocol, tmp_path):
    task = VoiceActivityDetection(protocol, duration=8.0, batch_size=1, num_workers=0)
    model = STRFPyanNet(**TINY_ARCHITECTURE, task=task)
    task.prepare_data()
    task.setup()
    model.setup()
    file = next(iter(protocol.train()))
    y = task.prepare_chunk(0, 0.0, 8.0)["y"]
    edges = abs(y.data[1:, 0].astype(int) - y.data[:-1, 0]).nonzero()[0]
    step = model.receptive_field.step
    labelled = [y.sliding_window[int(edge)].middle + step / 2 for edge in edges]
    annotated = [t for s in file["annotation"].get_timeline().support() for t in (s.start, s.end)]
    assert labelled == pytest.approx(annotated, abs=step)


class Energy(STRFPyanNet):
    """Score each frame by the response of its filters, with no back-end to compensate a shift."""

    def forward(self, waveforms):
        energy = self.frontend(waveforms).sum(dim=(1, 2))
        return torch.sigmoid(energy - energy.amax() + 1)[..., None]


@pytest.mark.parametrize("at", [0.4, 1.0, 2.345, 3.6])
def test_scores_are_within_a_frame_of_a_burst(at, built):
    model = built(Energy(frontend={"name": "strf", "num_filters": 8, "mode": "abs"}))
    model.frontend.filters.assign(
        sigma_t=torch.full((8, 1), 1.0),
        sigma_f=torch.full((8, 1), 2.0),
        omega=torch.full((8, 1), 1e-3),
        gamma=torch.zeros(8, 1),
    )
    waveform = 1e-3 * torch.randn(1, 4 * SAMPLE_RATE)
    first = round(at * SAMPLE_RATE)
    waveform[:, first - 40 : first + 40] += torch.randn(80)
    scores = Inference(model, step=0.5)({"waveform": waveform, "sample_rate": SAMPLE_RATE})
    peak = scores.sliding_window[int(scores.data[:, 0].argmax())].middle
    assert peak == pytest.approx(at, abs=model.receptive_field.step + 1e-4)


@pytest.mark.parametrize(
    ("Task", "options"),
    [
        (VoiceActivityDetection, {}),
        (SpeakerDiarization, {"max_speakers_per_chunk": 2, "max_speakers_per_frame": 1}),
        (SpeakerDiarization, {"max_speakers_per_chunk": 2}),
        (MultiLabelSegmentation, {}),
    ],
)
def test_training_supports_upstream_tasks(Task, options, protocol, tmp_path):
    protocol.preprocessors["classes"] = lambda file: ["A", "B"]
    task = Task(protocol, duration=2.0, batch_size=4, num_workers=0, **options)
    model = STRFPyanNet(**TINY_ARCHITECTURE, task=task)
    before = None

    class Remember(Callback):
        def on_train_start(self, trainer, pl_module):
            nonlocal before
            before = pl_module.frontend.filters.gamma.detach().clone()

    run = trainer(
        tmp_path,
        max_steps=2,
        limit_val_batches=1,
        enable_checkpointing=False,
        callbacks=[Remember()],
    )
    run.fit(model)
    assert run.global_step == 2
    assert (model.frontend.filters.gamma != before).any()
    with torch.no_grad():
        assert torch.isfinite(model(torch.randn(1, 1, 32000))).all()


def test_upstream_loads_a_checkpoint_in_a_new_process(tmp_path, protocol):
    task = VoiceActivityDetection(protocol, duration=2.0, batch_size=4, num_workers=0)
    model = STRFPyanNet(**TINY_ARCHITECTURE, task=task)
    run = trainer(tmp_path, max_steps=1, limit_val_batches=0, enable_checkpointing=False)
    run.fit(model)
    run.save_checkpoint(tmp_path / "model.ckpt")
    waveform = torch.randn(1, 1, 32000)
    torch.save(waveform, tmp_path / "waveform.pt")
    # the script imports pyannote.audio only
    script = (
        "import torch, warnings; warnings.simplefilter('ignore')\n"
        "from pyannote.audio import Model\n"
        f"model = Model.from_pretrained({str(tmp_path / 'model.ckpt')!r}).eval()\n"
        f"scores = model(torch.load({str(tmp_path / 'waveform.pt')!r}))\n"
        f"torch.save(scores.detach(), {str(tmp_path / 'scores.pt')!r})\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    model.eval()
    torch.testing.assert_close(torch.load(tmp_path / "scores.pt"), model(waveform).detach())


def test_fine_tuning_keeps_a_frozen_front_end(tmp_path, protocol):
    options = {"duration": 2.0, "batch_size": 4, "num_workers": 0}
    model = STRFPyanNet(**TINY_ARCHITECTURE, task=VoiceActivityDetection(protocol, **options))
    run = trainer(tmp_path, max_steps=1, limit_val_batches=0, enable_checkpointing=False)
    run.fit(model)
    run.save_checkpoint(tmp_path / "model.ckpt")

    tuned = Model.from_pretrained(tmp_path / "model.ckpt")
    tuned.task = SpeakerDiarization(protocol, max_speakers_per_chunk=2, **options)
    assert tuned.freeze_by_name("frontend") == ["frontend"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer(tmp_path, max_steps=2, limit_val_batches=0, enable_checkpointing=False).fit(tuned)
    for name, parameter in tuned.frontend.named_parameters():
        torch.testing.assert_close(parameter, dict(model.frontend.named_parameters())[name])
    assert (tuned.backend.lstm.weight_hh_l0 != model.backend.lstm.weight_hh_l0).any()


def test_upstream_pipeline_supports_the_model(tmp_path, protocol, built):
    pipeline = VoiceActivityDetectionPipeline(segmentation=built(STRFPyanNet(**TINY_ARCHITECTURE)))
    pipeline.instantiate(
        {"onset": 0.0, "offset": 0.0, "min_duration_on": 0.0, "min_duration_off": 0.0}
    )
    (speech,) = pipeline(next(iter(protocol.test()))).get_timeline().support()
    assert speech.duration == pytest.approx(8.0, abs=0.05)


def test_model_supports_other_sample_rates(built):
    model = built(STRFPyanNet(**TINY_ARCHITECTURE, sample_rate=8000))
    assert model.hparams.sample_rate == model.audio.sample_rate == 8000
    assert model(torch.randn(1, 1, 16000)).shape == (1, 99, 1)


def test_front_end_is_selected_by_name():
    assert STRFPyanNet(frontend="mel").hparams.frontend["name"] == "mel"


def test_hyperparameters_do_not_depend_on_later_defaults(monkeypatch):
    hparams = dict(STRFPyanNet(frontend="strf", **SMALL_BACKEND).hparams)
    changed = {"dynamic_range": 20.0, "kind": "stft"}
    monkeypatch.setattr(Spectrogram, "__init__", partialmethod(Spectrogram.__init__, **changed))
    defaults = tuple(
        "abs" if v == "concat" else 3 if v == 64 else v for v in STRF.__init__.__defaults__
    )
    monkeypatch.setattr(STRF.__init__, "__defaults__", defaults)
    monkeypatch.setitem(LSTM_DEFAULTS, "num_layers", 5)
    monkeypatch.setitem(COMPRESSION_DEFAULTS, "num_features", 9)
    changed = STRF()
    assert (changed.spectrogram.dynamic_range, changed.num_channels) == (20.0, 3)
    again = STRFPyanNet(**hparams)
    assert again.frontend.spectrogram.dynamic_range == 80.0
    assert isinstance(again.frontend.spectrogram.power, Mel)
    assert (again.frontend.filters.mode, again.frontend.num_channels) == ("concat", 128)
    assert (again.backend.lstm.num_layers, again.backend.compression.num_features) == (1, 64)


def test_front_end_gets_exactly_the_given_options():
    for name in ("strf", "conv2d", "mel", "sincnet"):
        frontend = load_plugin("pyannote_strf.frontends", name, "")
        ours = STRFPyanNet(frontend=name, **SMALL_BACKEND).frontend
        torch.manual_seed(0)
        alone, waveforms = frontend(sample_rate=16000), torch.randn(2, 1, 16000)
        ours.load_state_dict(alone.state_dict())
        assert torch.equal(ours(waveforms), alone(waveforms))
    frontend = STRFPyanNet(frontend={"name": "strf", "mode": "abs", "num_filters": 3}).frontend
    assert (frontend.filters.mode, frontend.num_channels) == ("abs", 3)
    for spectrogram in ({"gain_control": True}, {"gain_control": False}, {}):
        frontend = STRFPyanNet(frontend={"name": "mel", "spectrogram": spectrogram}).frontend
        controlled = frontend.spectrogram.gain_control is not None
        assert controlled == spectrogram.get("gain_control", False)


def test_responses_depend_on_contrast_but_not_on_loudness():
    """Responses to noise are smaller than responses to bursts in noise, at any loudness."""
    time = torch.arange(32000) / SAMPLE_RATE
    noise = torch.randn(1, 1, 32000)
    bursts = noise + 20 * torch.randn(1, 1, 32000) * (torch.sin(2 * np.pi * 4 * time) > 0)
    contrasts = {"gain_control": True, "normalisation": "mean"}
    options = {"name": "strf", "mode": "abs", "normalisation": "batch", "spectrogram": contrasts}
    frontend = STRFPyanNet(frontend=options).frontend
    with torch.no_grad():
        responses = frontend(torch.cat([noise, bursts, 100 * bursts]))
    quiet, with_bursts, louder = responses.square().mean(dim=(1, 2, 3)).tolist()
    assert with_bursts > 2 * quiet
    assert louder == pytest.approx(with_bursts, rel=1e-3)


def test_unknown_front_ends_and_options_are_refused():
    with pytest.raises(ValueError, match=r"unknown name 'gammatone'.*conv2d, .*mel, .*strf"):
        STRFPyanNet(frontend={"name": "gammatone"})
    with pytest.raises(ValueError, match=r"front-end 'mel'.*num_filters"):
        STRFPyanNet(frontend={"name": "mel", "num_filters": 3})
