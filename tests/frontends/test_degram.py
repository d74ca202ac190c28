import numpy as np
import pytest
import torch

from pyannote_strf.frontends.degram import DEGram
from pyannote_strf.layers.spectrogram import Spectrogram
from pyannote_strf.models.frontend import frontend_options


def attended(image, layer, fusion):
    """Return the image (band, frame) after attention, by formulas in double precision."""

    def dense(x, linear):
        weight, bias = (p.detach().double().numpy() for p in (linear.weight, linear.bias))
        return weight @ x + (bias[:, None] if x.ndim == 2 else bias)

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    hidden = np.maximum(0, dense(image.mean(axis=1), layer.frequency[0]))
    bands = image * sigmoid(dense(hidden, layer.frequency[2]))[:, None]
    if fusion == "frequency":
        return bands[None]
    frames = image * sigmoid(dense(image, layer.time[0]))
    return {
        "max": np.maximum(bands, frames)[None],
        "add": (bands + frames)[None],
        "multiply": (bands * frames)[None],
        "concat": np.stack([bands, frames]),
    }[fusion]


def band_amplitudes(frontend, waveforms):
    power = frontend.spectrogram.measure(waveforms - waveforms.mean())
    return power[0, 0].detach().double().sqrt().numpy()


@pytest.mark.parametrize("attention", ["max", "add", "multiply", "concat", "frequency"])
@pytest.mark.parametrize("order", ["normalise_first", "attend_first"])
def test_image_matches_the_formula(attention, order):
    frontend = DEGram(attention=attention, order=order)
    for parameter in frontend.attention.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    waveforms = torch.randn(1, 1, 8000) * torch.linspace(0.01, 0.1, 8000)
    amplitudes = band_amplitudes(frontend, waveforms)
    if order == "normalise_first":
        logarithm = np.log(amplitudes + 1e-7)
        normal = (logarithm - logarithm.mean()) / logarithm.std()
        expected = attended(normal, frontend.attention, attention)
    else:
        expected = attended(amplitudes, frontend.attention, attention)
        expected = (expected - expected.mean()) / expected.std(ddof=1)
    found = frontend(waveforms)[0].detach().numpy()
    assert found.shape == (frontend.num_channels, 128, frontend.num_frames(8000))
    # the spectrogram adds 1 square decibel to the variance
    np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max())


def test_weights_depend_on_frames_alone_over_time_and_on_means_over_frequency():
    frontend = DEGram(attention="concat", spectrogram={"normalisation": "none"})
    image = torch.rand(1, 1, 128, 50)
    bands, frames = frontend.attention(image)[0] / image[0]
    torch.testing.assert_close(bands, bands[:, :1].expand(-1, 50))
    torch.testing.assert_close(frames, frames[:1].expand(128, -1))
    assert frames[0].std() > 0


@pytest.mark.parametrize("order", ["normalise_first", "attend_first"])
def test_silence_gives_finite_images_and_gradients(order):
    frontend = DEGram(order=order)
    waveforms = torch.zeros(1, 1, 8000, requires_grad=True)
    image = frontend(waveforms)
    assert image.isfinite().all()
    image.square().sum().backward()
    for tensor in (waveforms, *frontend.parameters()):
        assert tensor.grad.isfinite().all()


def test_defaults_are_those_of_the_paper():
    frontend = DEGram()
    power = frontend.spectrogram.power
    assert (power.num_bands, power.order, power.kernel_length) == (128, 5, 512)
    # between the centres of neighbours
    assert power.centres[0] - power.widths[0] / 2 == pytest.approx(125, abs=2)
    assert power.centres[-1] + power.widths[-1] / 2 == pytest.approx(7500, abs=5)
    assert frontend_options("degram")["spectrogram"]["f_max"] is None


@pytest.mark.parametrize(("sample_rate", "f_max"), [(8000, 4000), (48000, 7500)])
def test_bands_end_at_7500_hz_or_half_the_sample_rate(sample_rate, f_max):
    options = frontend_options("degram")["spectrogram"]
    power = DEGram(sample_rate=sample_rate, spectrogram=options).spectrogram.power
    assert power.centres[-1] + power.widths[-1] / 2 == pytest.approx(f_max, rel=0.01)


def test_other_kinds_keep_their_highest_frequency():
    options = frontend_options({"name": "degram", "spectrogram": {"kind": "mel"}})["spectrogram"]
    centres = DEGram(spectrogram=options).centres
    torch.testing.assert_close(centres, Spectrogram(kind="mel").centres)


def test_attention_stands_on_other_kinds():
    frontend = DEGram(spectrogram={"kind": "cqt", "num_bands": 24})
    assert frontend(torch.randn(1, 1, 8000)).shape == (1, 1, 24, frontend.num_frames(8000))


def test_invalid_options_are_refused():
    with pytest.raises(ValueError, match="attention must be one of max, add, multiply, concat"):
        DEGram(attention="mean")
    with pytest.raises(ValueError, match="order must be one of normalise_first, attend_first"):
        DEGram(order="torch")


@pytest.mark.parametrize(
    "options", [{"gain_control": True}, {"normalisation": "mean"}, {"dynamic_range": 60.0}]
)
def test_compression_of_the_spectrogram_is_refused_if_attention_precedes_it(options):
    filled = frontend_options({"name": "degram", "spectrogram": options})["spectrogram"]
    with pytest.raises(ValueError, match=f"{next(iter(options))} has no effect in order 'attend_f"):
        DEGram(order="attend_first", spectrogram=filled)
