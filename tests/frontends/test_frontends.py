import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pyannote_strf import plugins
from pyannote_strf.compat.sinc_limits import use_float_limits
from pyannote_strf.frontends.spectrogram import SpectrogramFrontend
from pyannote_strf.layers.spectrograms.mel import Mel
from pyannote_strf.plugins import load_plugin

FRONTENDS = {
    "strf": {"num_filters": 4, "kernel_size": (3, 11), "stride": [8, 1]},
    "conv2d": {"num_channels": 4, "kernel_size": (3, 11), "stride": [8, 1]},
    "mel": {},
    "sincnet": {},
    "degram": {"spectrogram": {"num_bands": 32, "f_max": 3900.0}},
    "frame_level": {"num_filters": 8},
    "multi_scale": {"num_filters": 4},
    "sample_cnn": {},
    "full_band": {"num_filters": 8},
    "musicnn": {"num_vertical": 4, "num_horizontal": 4},
    "vgg": {"channels": [4, 8]},
    "fcn5": {},
}
# frames of seconds
COARSE = {"sample_cnn", "fcn5"}


class Twice(Mel):
    """Mel bands repeated in two channels."""

    num_channels = 2

    def forward(self, waveforms):
        return super().forward(waveforms).expand(-1, 2, -1, -1)


def load(name):
    return load_plugin("pyannote_strf.frontends", name, "pyannote_strf.frontends")


def build(name, **options):
    return load(name)(**FRONTENDS[name], **options)


@pytest.mark.parametrize("name", FRONTENDS)
@settings(deadline=None, max_examples=10)
@given(num_samples=st.integers(15000, 40000))
def test_num_frames_matches_the_image(name, num_samples):
    frontend = build(name).eval()
    if name == "sample_cnn":
        num_samples *= 4
    with torch.no_grad():
        image = frontend(torch.randn(2, 1, num_samples))
    size = (frontend.num_channels, frontend.num_bands, frontend.num_frames(num_samples))
    assert image.shape == (2, *size)


@pytest.mark.parametrize("name", FRONTENDS)
def test_receptive_field_of_all_frames_fits_in_the_waveform(name):
    frontend = build(name)
    num_samples, tolerance = (10**7, 250000) if name in COARSE else (32000, 1600)
    num_frames = frontend.num_frames(num_samples)
    assert frontend.receptive_field_size(num_frames) <= num_samples
    assert frontend.receptive_field_size(num_frames + 1) > num_samples
    first, last = (frontend.receptive_field_center(frame) for frame in (0, num_frames - 1))
    assert first < tolerance
    assert abs((num_samples - 1 - last) - first) < tolerance


@pytest.mark.parametrize("name", FRONTENDS)
def test_an_example_does_not_depend_on_its_neighbours(name):
    frontend = build(name).eval()
    num_samples = max(16000, frontend.min_num_samples)
    waveforms = torch.randn(8, 1, num_samples) * torch.logspace(-2, 0, 8).reshape(8, 1, 1)
    with torch.no_grad():
        together = frontend(waveforms)
        alone = torch.cat([frontend(waveform[None]) for waveform in waveforms])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("name", sorted(FRONTENDS.keys() - {"sincnet", "sample_cnn"}))
@pytest.mark.parametrize("sample_rate", [8000, 44100])
def test_front_ends_support_their_sample_rates(name, sample_rate):
    frontend = build(name, sample_rate=sample_rate)
    image = frontend(torch.randn(1, 1, 2 * sample_rate))
    if isinstance(frontend, SpectrogramFrontend):
        assert abs(image.shape[-1] * frontend.step - 198) <= frontend.step


@pytest.mark.parametrize("name", FRONTENDS)
def test_silence_gives_finite_images_and_gradients(name):
    frontend = build(name)
    num_samples = max(8000, frontend.min_num_samples)
    waveforms = torch.zeros(2, 1, num_samples, requires_grad=True)
    image = frontend(waveforms)
    assert image.isfinite().all()
    image.square().sum().backward()
    assert waveforms.grad.isfinite().all()
    for parameter in frontend.parameters():
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("name", sorted(FRONTENDS.keys() - {"mel"}))
def test_every_parameter_learns(name):
    frontend = build(name)
    num_samples = max(8000, frontend.min_num_samples)
    image = frontend(torch.randn(2, 1, num_samples))
    (image * torch.randn_like(image)).sum().backward()
    for parameter_name, parameter in frontend.named_parameters():
        assert parameter.grad.abs().sum() > 0, parameter_name


class Several(torch.nn.Module):
    """Several front-ends on the same waveforms: one export is faster than several."""

    def __init__(self, frontends):
        super().__init__()
        self.frontends = torch.nn.ModuleList(frontends)

    def forward(self, waveforms):
        return tuple(frontend(waveforms) for frontend in self.frontends)


def test_exported_front_ends_match_torch(tmp_path):
    frontends = [
        build(name) for name in ("degram", "frame_level", "multi_scale", "musicnn", "fcn5")
    ]
    frontends.append(build("sincnet"))
    use_float_limits(frontends[-1])
    frontends.append(load("degram")(spectrogram={"num_bands": 32}, order="attend_first"))
    frontends.append(build("mel", spectrogram={"gain_control": True}))
    for kind in ("hcqt", "hstft"):
        options = {"keep_spectrogram": True, "spectrogram": {"kind": kind, "f_min": 400.0}}
        frontends.append(build("strf", num_free_filters=2, **options))
    module = Several(frontends).eval()
    dynamic = torch.export.Dim.DYNAMIC
    program = torch.export.export(
        module,
        (torch.randn(2, 1, 8000),),
        dynamic_shapes=({0: dynamic, 2: dynamic},),
        strict=False,
    )
    path = tmp_path / "frontends.onnx"
    torch.onnx.export(program, dynamo=True, verbose=False).save(path)
    runtime = onnxruntime.InferenceSession(path)
    short, quiet = torch.randn(1, 1, 4000), 1e-4 * torch.randn(3, 1, 12345)
    for waveforms in (short, quiet, torch.zeros(1, 1, 4000)):
        (node,) = runtime.get_inputs()
        found = runtime.run(None, {node.name: waveforms.numpy()})
        with torch.no_grad():
            for image, expected in zip(found, module(waveforms), strict=True):
                np.testing.assert_allclose(image, expected, atol=2e-3, rtol=5e-4)


@pytest.mark.parametrize("name", FRONTENDS)
@pytest.mark.parametrize("sample_rate", [4000, 96000, "16000", 16000.5])
def test_unsupported_sample_rates_are_refused(name, sample_rate):
    valid = "16000 Hz" if name == "sincnet" else "8000 to 48000 Hz"
    message = f"^a sample rate of {sample_rate} Hz is not supported, valid options: {valid}$"
    with pytest.raises(ValueError, match=message):
        build(name, sample_rate=sample_rate)


@pytest.mark.parametrize("name", FRONTENDS)
@pytest.mark.parametrize("training", [True, False])
def test_front_ends_support_the_shortest_waveform(name, training):
    frontend = build(name).train(training)
    shortest = frontend.min_num_samples
    # batch normalisation of one frame needs a second example
    batch = 2 if name == "sample_cnn" and training else 1
    assert frontend(torch.randn(batch, 1, shortest)).shape[-1] == frontend.min_num_frames
    assert frontend.num_frames(shortest) == frontend.min_num_frames
    assert frontend.num_frames(1) == 0
    message = f"^waveforms of {shortest - 1} samples are too short: at least {shortest} samples"
    with pytest.raises(ValueError, match=message):
        frontend(torch.randn(1, 1, shortest - 1))
    with pytest.raises(ValueError, match=r"^expected mono waveforms, \(batch, 1, sample\), got"):
        frontend(torch.randn(1, 2, 16000))


@pytest.mark.parametrize("name", ["strf", "conv2d", "mel"])
@pytest.mark.parametrize("kind", ["mel", "stft", "cqt"])
def test_centres_are_where_tones_are_loudest(name, kind):
    """Filters do not shift bands."""
    frontend = build(name, spectrogram={"kind": kind, "normalisation": "none"}).eval()
    assert len(frontend.centres) == frontend.num_bands
    if name == "mel":
        torch.testing.assert_close(frontend.centres, frontend.spectrogram.centres)
    else:
        torch.testing.assert_close(frontend.centres, frontend.spectrogram.centres[::8])
    band = frontend.num_bands // 2
    tone = torch.sin(2 * torch.pi * frontend.centres[band] * torch.arange(16000) / 16000)
    with torch.no_grad():
        if name != "mel":
            # smooth filters of three bands
            for parameter in frontend.filters.parameters():
                parameter.zero_()
            if name == "conv2d":
                frontend.filters.weight[:, :, 1, 5] = 1
            else:
                shape = frontend.filters.gamma.shape
                frontend.filters.assign(
                    *(torch.full(shape, value) for value in (1.0, 1.0, 1e-3, 0.0))
                )
        level = frontend(tone[None, None])[0, 0].mean(dim=-1)
    assert level.argmax().item() == band


def test_sincnet_has_no_centres():
    assert build("sincnet").centres is None


@pytest.mark.parametrize("name", ["strf", "conv2d"])
def test_filters_support_spectrograms_of_several_channels(name, monkeypatch):
    monkeypatch.setattr(plugins, "_REGISTERED", {})
    plugins.register("pyannote_strf.spectrograms", "twice", Twice)
    frontend = build(name, spectrogram={"kind": "twice", "num_bands": 32})
    assert frontend.filters.in_channels == 2
    image = frontend(torch.randn(2, 1, 16000))
    assert image.shape == (2, frontend.num_channels, 4, frontend.num_frames(16000))


@pytest.mark.parametrize("mode", ["real", "imag", "concat", "abs"])
@pytest.mark.parametrize("stride", [(1, 1), (4, 1), (4, 2), (3, 5)])
def test_modes_have_the_documented_number_of_channels(mode, stride):
    frontend = load("strf")(num_filters=3, kernel_size=(3, 5), mode=mode, stride=stride)
    for num_samples in (400, 560, 8000, 8159, 8160):
        image = frontend(torch.randn(1, 1, num_samples))
        assert frontend.num_channels == (6 if mode == "concat" else 3)
        size = (frontend.num_channels, frontend.num_bands, frontend.num_frames(num_samples))
        assert image.shape == (1, *size)


@pytest.mark.parametrize("name", ["strf", "conv2d"])
@pytest.mark.parametrize("stride", [(1, 1), (4, 2), (3, 5)])
@pytest.mark.parametrize("kind", ["mel", "hstft"])
def test_every_band_and_frame_is_kept_beside_the_same_responses(name, stride, kind):
    options = {"kernel_size": (3, 5), "stride": stride, "spectrogram": {"kind": kind}}
    if kind == "hstft":
        options["spectrogram"]["num_bands"] = 25
    frontend, kept = (load(name)(**options, keep_spectrogram=keep) for keep in (False, True))
    kept.load_state_dict(frontend.state_dict())
    for num_samples in (560, 8000, 8159):
        waveforms = torch.randn(2, 1, num_samples)
        image = kept(waveforms)
        size = (kept.num_channels, kept.num_bands, kept.num_frames(num_samples))
        assert image.shape == (2, *size)
        responses, blocks = image.split([frontend.num_channels, kept.num_kept_channels], dim=1)
        torch.testing.assert_close(responses, frontend(waveforms))
        spectrogram = frontend.spectrogram(waveforms)
        blocks = blocks.unflatten(1, (spectrogram.shape[1], *stride))
        # channel, band in stride, frame in stride, band, frame
        laid = blocks.permute(0, 1, 4, 2, 5, 3).flatten(2, 3).flatten(3, 4)
        height, width = spectrogram.shape[2:]
        assert torch.equal(laid[:, :, :height, :width], spectrogram)
        assert torch.equal(laid[:, :, -1, :width], spectrogram[:, :, -1])
        assert torch.equal(laid[:, :, :height, -1], spectrogram[..., -1])


def test_free_filters_stand_beside_spectro_temporal_filters():
    options = {"num_filters": 3, "kernel_size": (3, 5), "stride": (8, 1)}
    plain, hybrid = load("strf")(**options), load("strf")(**options, num_free_filters=5)
    free = load("conv2d")(num_channels=5, kernel_size=(3, 5), stride=(8, 1))
    hybrid.filters.load_state_dict(plain.filters.state_dict())
    free.filters.load_state_dict(hybrid.free_filters.state_dict())
    waveforms = torch.randn(2, 1, 8000)
    expected = torch.cat([plain(waveforms), free(waveforms)], dim=1)
    assert hybrid.num_channels == 11
    torch.testing.assert_close(hybrid(waveforms), expected)


def test_stride_of_two_in_time_keeps_every_second_frame():
    options = {"num_filters": 4, "kernel_size": (3, 11)}
    every, second = (load("strf")(**options, stride=(8, step)).eval() for step in (1, 2))
    second.load_state_dict(every.state_dict())
    waveforms = torch.randn(2, 1, 16000)
    responses = (f.filters(f.spectrogram(waveforms)) for f in (every, second))
    torch.testing.assert_close(next(responses)[..., ::2], next(responses))
    for frame in (0, 1, 7):
        assert second.receptive_field_center(frame) == every.receptive_field_center(2 * frame)


def test_invalid_options_are_refused():
    strf = load("strf")
    with pytest.raises(ValueError, match="must be odd"):
        strf(kernel_size=(8, 111))
    with pytest.raises(ValueError, match="activation must be one of"):
        strf(activation="square")
    with pytest.raises(ValueError, match="num_free_filters must be an integer from 0, got -1"):
        strf(num_free_filters=-1)


@pytest.mark.parametrize("name", ["strf", "conv2d"])
def test_normalisation_gives_the_documented_statistics(name):
    waveforms = torch.randn(3, 1, 16000) * torch.tensor([0.1, 1.0, 1.0])[:, None, None]
    waveforms[1:] *= torch.linspace(0, 1, 16000)
    by_itself = build(name)
    with torch.no_grad():
        torch.testing.assert_close(by_itself(waveforms)[:1], by_itself(waveforms[:1]))

    images = {"normalisation": "mean", "gain_control": True}
    over_batches = build(name, normalisation="batch", spectrogram=images)
    outputs = {}
    over_batches.normalisation.register_forward_hook(lambda *args: outputs.update(last=args[-1]))
    with torch.no_grad():
        over_batches(waveforms)
        mean = outputs["last"].mean(dim=(0, 2, 3))
        variance = outputs["last"].var(dim=(0, 2, 3))
        torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-4, rtol=0)
        torch.testing.assert_close(variance, torch.ones_like(variance), atol=0.1, rtol=0)
        over_batches.eval()
        torch.testing.assert_close(over_batches(waveforms)[:1], over_batches(waveforms[:1]))
    with pytest.raises(ValueError, match="normalisation must be one of instance, batch"):
        build(name, normalisation="layer")


@pytest.mark.parametrize("name", ["strf", "conv2d"])
@pytest.mark.parametrize("training", [True, False])
def test_instance_normalisation_of_one_band_needs_two_frames(name, training):
    options = {**FRONTENDS[name], "kernel_size": (1, 3), "spectrogram": {"num_bands": 1}}
    frontend = load(name)(**options).train(training)
    shortest = frontend.min_num_samples
    assert frontend(torch.randn(1, 1, shortest)).shape[2:] == (1, 2)
    with pytest.raises(ValueError, match=f"too short: at least {shortest} samples"):
        frontend(torch.randn(1, 1, shortest - 1))
