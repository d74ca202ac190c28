import numpy as np
import pytest
import torch

from pyannote_strf.layers.spectrogram import Spectrogram
from pyannote_strf.layers.spectrograms.sincgram import SincGram


def initial_bands(num_bands, f_min, f_max):
    """Return centres and widths of bands on the mel scale, in hertz."""
    mels = np.linspace(*(2595 * np.log10(1 + np.array([f_min, f_max]) / 700)), num_bands + 2)
    edges = 700 * (10 ** (mels / 2595) - 1)
    return edges[1:-1], edges[2:] - edges[:-2]


def published(waveform, centres, widths, order, rate=16000, size=512, hop=160):
    """Return the squared amplitudes of bands, computed as in the published code."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    starts = range(0, len(waveform) - size + 1, hop)
    frames = np.stack([waveform[start : start + size] * window for start in starts])
    magnitude = np.abs(np.fft.rfft(frames))
    # frequencies from -1 to 1, half-widths in the same unit
    x = np.linspace(-1, 1, size // 2 + 1)[:, None]
    y = (x - (4 * centres / rate - 1)) / (2 * widths / rate)
    return (magnitude @ (1 / np.sqrt(1 + y ** (2 * order)))).T ** 2


@pytest.mark.parametrize("order", [1, 4, 5])
def test_power_matches_the_published_formula(order):
    layer = SincGram(16000, 160, 512, num_bands=40, f_min=125.0, f_max=7500.0, order=order)
    waveform = torch.randn(1, 16000, dtype=torch.float64)
    expected = published(waveform[0].numpy(), *initial_bands(40, 125, 7500), order)
    with torch.no_grad():
        found = layer(waveform.float())[0, 0].numpy()
    np.testing.assert_allclose(found, expected, rtol=2e-3)


def test_bands_start_from_the_mel_scale():
    layer = SincGram(16000, 160, 512, num_bands=40, f_min=125.0, f_max=7500.0)
    centres, widths = initial_bands(40, 125, 7500)
    np.testing.assert_allclose(layer.centres, centres, rtol=1e-4)
    np.testing.assert_allclose(layer.widths, widths, rtol=1e-4)


def test_response_is_down_3_db_at_half_the_width():
    layer = SincGram(16000, 160, 400, num_bands=8, n_fft=16384)
    for band in range(8):
        cut_off = layer.centres[band] + layer.widths[band] / 2
        index = (layer.bins - cut_off).abs().argmin()
        assert layer.weights()[index, band].item() == pytest.approx(0.5**0.5, abs=0.02)


def test_narrow_bands_start_wider_than_half_a_bin():
    layer = SincGram(16000, 160, 400, num_bands=512)
    # the mel scale would give 7 Hz
    assert layer.widths[0].item() == pytest.approx(1.05 * 16000 / 512 / 2, rel=1e-3)
    assert layer(torch.randn(1, 16000)).amin() > 0


def test_a_single_band_starts_narrower_than_half_the_sample_rate():
    layer = SincGram(16000, 160, 400, num_bands=1)
    assert layer.widths.item() == pytest.approx(8000 / 1.05)
    power = layer(torch.randn(1, 16000))
    power.sum().backward()
    assert power.amin() > 0
    assert layer.raw_width.grad.isfinite().all()


@pytest.mark.parametrize("extreme", [-1e9, 1e9])
@pytest.mark.parametrize("order", [5, 16])
def test_bands_stay_within_their_limits(extreme, order):
    layer = SincGram(16000, 160, 400, num_bands=4, order=order)
    with torch.no_grad():
        layer.raw_centre.fill_(extreme)
        layer.raw_width.fill_(extreme)
    assert ((layer.centres >= 0) & (layer.centres <= 8001)).all()
    assert ((layer.widths > 15.6) & (layer.widths < 8001)).all()
    # subnormal numbers slow a processor down
    assert layer.weights().min() > 1e-30
    layer(torch.randn(1, 1600)).log().sum().backward()
    for parameter in layer.parameters():
        assert parameter.grad.isfinite().all()


def test_training_moves_a_band_to_a_tone():
    layer = SincGram(16000, 160, 400, num_bands=1, f_min=500.0, f_max=1500.0)
    tone = torch.sin(2 * torch.pi * 1400 * torch.arange(3200) / 16000)[None]
    optimizer = torch.optim.Adam([layer.raw_centre], lr=0.05)
    before = (layer.centres - 1400).abs().item()
    for _ in range(100):
        optimizer.zero_grad()
        (-layer(tone).mean().log()).backward()
        optimizer.step()
    assert (layer.centres - 1400).abs().item() < before / 2


def test_a_spectrogram_of_learnt_bands_reports_their_centres():
    spectrogram = Spectrogram(kind="sincgram", num_bands=8)
    with torch.no_grad():
        spectrogram.power.raw_centre[3] = 0
    centre = 700 * ((1 + 8000 / 700) ** 0.5 - 1)
    assert spectrogram.centres[3].item() == pytest.approx(centre, rel=1e-4)
    assert not spectrogram.centres.requires_grad


def test_unsupported_orders_are_refused():
    with pytest.raises(ValueError, match="order must be at most 16, got 17"):
        Spectrogram(kind="sincgram", order=17)
