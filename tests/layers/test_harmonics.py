import numpy as np
import pytest
import torch
from scipy.signal.windows import hann

from pyannote_strf.frontends.strf import STRF
from pyannote_strf.layers.spectrogram import Spectrogram
from pyannote_strf.layers.spectrograms.hstft import HarmonicFourier

TIME = torch.arange(16000) / 16000


@pytest.fixture(scope="module")
def hcqt():
    return Spectrogram(kind="hcqt", normalisation="none", f_min=130.0)


@pytest.mark.parametrize(("channel", "harmonic"), [(0, 0.5), (1, 1), (3, 3), (5, 5)])
def test_harmonic_constant_q_matches_the_formula(hcqt, channel, harmonic):
    waveform = torch.randn(1, 1, 16000)
    waveform -= waveform.mean()
    found = hcqt.measure(waveform)[0, channel, :, 50]
    quality = 1 / (2 ** (1 / 12) - 1)
    centre = hcqt.receptive_field_center(50)
    for band in (0, 17, 30):
        frequency = harmonic * hcqt.centres[band].item()
        length = quality * 16000 / frequency
        # nnAudio rounds the length to the next integer, and starts at one of two samples
        size = int(np.ceil(length))
        window = hann(size, sym=False) / hann(size, sym=False).sum()
        powers = []
        for shift in (-1, 0, 1, 2):
            start = centre - size // 2 + shift
            part = waveform[0, 0, start : start + size].double().numpy()
            spectrum = part @ (window * np.exp(-2j * np.pi * frequency * np.arange(size) / 16000))
            powers.append(abs(spectrum) ** 2 * length)
        assert min(powers) * 0.99 <= found[band].item() <= max(powers) * 1.01


@pytest.mark.parametrize("kind", ["hcqt", "hstft"])
def test_harmonics_of_a_tone_are_at_the_same_band(kind):
    spectrogram = Spectrogram(kind=kind, normalisation="none", f_min=130.0, bands_per_octave=12)
    harmonics = {"hcqt": (0.5, 1, 2, 3, 4, 5), "hstft": (1, 2, 3, 4, 5, 6)}[kind]
    for channel, harmonic in enumerate(harmonics):
        tone = torch.sin(2 * torch.pi * harmonic * spectrogram.centres[25] * TIME)
        image = spectrogram(tone[None, None])[0, :, :, 45]
        assert image[channel].argmax().item() == 25


def test_harmonic_constant_q_aligns_channels_in_time(hcqt):
    click = torch.zeros(1, 1, 16000)
    click[..., hcqt.receptive_field_center(60)] = 1
    power = hcqt.measure(click)[0]
    assert (power.sum(dim=1).argmax(dim=-1) - 60).abs().max() <= 1


def test_harmonic_bands_match_the_published_formula():
    layer = HarmonicFourier(16000, 160, 400)
    assert layer.q.item() == pytest.approx(2)
    # 24 bands per octave from C1 up to E6, whose sixth harmonic is below 8 kHz
    midi = np.linspace(24, 88, 129)[:-1]
    hertz = 440 * 2 ** ((midi - 69) / 12)
    np.testing.assert_allclose(layer.centres, hertz, rtol=1e-3)
    for q in (0.5, 2.0):
        with torch.no_grad():
            layer.raw_q.copy_(torch.tensor(np.log(q / 2) / np.log(16)))
            layer.raw_q.div_(1 - layer.raw_q.abs())
        weights = layer.weights().detach().unflatten(1, (6, 128))
        for harmonic in range(6):
            centres = (harmonic + 1) * layer.centres.double().numpy()
            base = (0.1079 * centres + 24.7) / q
            bins = np.arange(513)[:, None] * 16000 / 1024
            rise = bins * 2 / base + 1 - 2 * centres / base
            fall = -bins * 2 / base + 1 + 2 * centres / base
            expected = np.maximum(0, np.minimum(rise, fall))
            wide = base / 2 > 16000 / 1024
            assert wide.sum() > 20
            np.testing.assert_allclose(weights[:, harmonic][:, wide], expected[:, wide], atol=1e-3)
            # bands that would fall between two bins reach them
            assert weights[:, harmonic].sum(dim=0).min() > 0.9


def test_power_of_harmonic_bands_is_the_weighted_power_of_bins():
    layer = HarmonicFourier(16000, 160, 400, num_bands=10, n_fft=512)
    waveform = torch.randn(1, 1600)
    window = torch.zeros(512)
    window[56:456] = torch.hann_window(400)
    spectrum = torch.fft.rfft(waveform.unfold(-1, 512, 160) * window)[0]
    expected = spectrum.abs().square() @ layer.weights()
    torch.testing.assert_close(layer(waveform)[0].flatten(0, 1).T, expected, rtol=1e-3, atol=1e-4)


def test_bands_without_all_harmonics_are_dropped_with_a_warning(caplog):
    options = {"kind": "hstft", "f_min": 32.7, "bands_per_octave": 60, "harmonics": [0.5, 1, 5]}
    spectrogram = Spectrogram(num_bands=360, **options)
    (message,) = caplog.messages
    assert message == "23 of 360 bands are dropped: harmonics up to 5 are above 8000 Hz"
    assert spectrogram.num_bands == 337
    assert 5 * spectrogram.centres[-1] * 2 ** (1 / 120) < 8000
    assert 5 * spectrogram.centres[-1] * 2 ** (3 / 120) > 8000
    # the published range, at the published sample rate
    assert Spectrogram(22050, num_bands=360, **options).num_bands == 360


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"f_min": 1700.0}, "f_min must be below 1600 Hz for harmonics up to 5 at 16000 Hz"),
        ({"f_min": 1.0}, "f_min must be a number from 20, got 1"),
        (
            {"f_min": 20.0, "bands_per_octave": 96},
            r"kernels of 13\.8 s are not supported",
        ),
        ({"harmonics": []}, "harmonics must be 1 to 16 numbers"),
        ({"harmonics": [1, 1, 2]}, r"harmonics must differ, got \[1, 1, 2\]"),
        ({"harmonics": [1, 0]}, "harmonics must be a number from 0.03125 to 32, got 0"),
        ({"bands_per_octave": 0}, "bands_per_octave must be a positive integer"),
        ({"num_bands": 0}, "num_bands must be a positive integer"),
    ],
)
def test_invalid_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Spectrogram(kind="hcqt", **options)


def test_filters_learn_across_harmonics():
    spectrogram = {"kind": "hstft", "f_min": 400.0, "n_fft": 512}
    frontend = STRF(num_filters=2, kernel_size=(3, 5), spectrogram=spectrogram)
    assert frontend.filters.raw_omega.shape == (2, 6)
    frontend(torch.randn(2, 1, 8000)).square().sum().backward()
    for parameter in (frontend.spectrogram.power.raw_q, frontend.filters.raw_omega):
        assert parameter.grad.isfinite().all()
        assert (parameter.grad != 0).all()
