import pytest
import torch

from pyannote_strf.frontends.sincnet import SincNet
from pyannote_strf.layers.bands import half_power_bands, power_response
from pyannote_strf.layers.spectrogram import Spectrogram

LEARNABLE = [
    ("sincgram", {"num_bands": 16, "f_min": 300.0}),
    ("hstft", {}),
    ("mel", {"num_bands": 16, "f_min": 300.0, "trainable_mel": True}),
    ("mel", {"num_bands": 16, "f_min": 300.0, "trainable_stft": True}),
    ("stft", {"num_bands": 16, "trainable_stft": True}),
    ("cqt", {"num_bands": 16, "trainable_stft": True}),
]


def power_of_sines(layer, frequencies):
    """Return the mean power of sines in every band: (band, frequency)."""
    time = torch.arange(16000) / 16000
    waveforms = torch.sin(2 * torch.pi * frequencies[:, None] * time + 1.0)
    with torch.no_grad():
        return layer.power(waveforms).flatten(1, 2).mean(dim=-1).T


@pytest.mark.parametrize(("kind", "options"), LEARNABLE[2:])
def test_bands_pass_half_the_power_of_sines_at_their_edges(kind, options):
    layer = Spectrogram(kind=kind, window=0.064, **options)
    centre, width = (values[0, 10] for values in layer.bands()[:2])
    places = centre + width * torch.tensor([0.0, -0.5, 0.5, *torch.linspace(-1, 1, 81)])
    power = power_of_sines(layer, places)[10]
    assert power[0] > 0.9 * power.max()
    assert (power[1:3] / power.max()).tolist() == pytest.approx([0.5, 0.5], abs=0.02)


@pytest.mark.parametrize(("kind", "half"), [("sincgram", 0.5**0.5), ("hstft", 0.5)])
def test_weights_are_at_half_power_at_the_edges_of_bands(kind, half):
    """Those of SincGram are amplitudes, those of harmonic bands are powers."""
    layer = Spectrogram(kind=kind)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter += 0.1
    bands = layer.bands()
    centre, width = (values[..., 50].flatten()[-1] for values in bands[:2])
    layer.power.bins = centre + width * torch.tensor([0.0, -0.5, 0.5])
    # the last channel
    weights = layer.power.weights()[:, 50 - layer.num_bands]
    assert weights.tolist() == pytest.approx([1, half, half], rel=1e-3)


@pytest.mark.parametrize(("kind", "options"), LEARNABLE)
def test_bands_before_training_are_known_from_options(kind, options):
    """Checkpoints without them give them back, and hold no more than before."""
    layer = Spectrogram(kind=kind, **options)
    first = layer.bands()
    assert torch.equal(first.centres, first.initial_centres)
    assert torch.equal(first.widths, first.initial_widths)
    assert not [name for name in layer.state_dict() if "initial" in name]

    with torch.no_grad():
        for parameter in layer.parameters():
            parameter += 0.3 * parameter.abs().mean() * torch.randn(parameter.shape).abs()
            if kind == "hstft":
                parameter += 0.5
    state = {name: value.clone() for name, value in layer.state_dict().items()}
    other = Spectrogram(kind=kind, **options)
    other.load_state_dict(state)
    loaded = other.bands()
    torch.testing.assert_close(loaded.initial_centres, first.centres)
    torch.testing.assert_close(loaded.initial_widths, first.widths)
    assert not torch.allclose(loaded.widths, first.widths, rtol=1e-3)


@pytest.mark.parametrize("kind", ["mel", "stft", "cqt", "hcqt"])
def test_fixed_bands_are_not_learnable(kind):
    assert Spectrogram(kind=kind).bands() is None


def test_widths_of_harmonics_follow_q():
    layer = Spectrogram(kind="hstft", f_min=1000.0)
    with torch.no_grad():
        layer.power.raw_q.fill_(0.4)
    bands = layer.bands()
    for centres, widths, q in (
        (bands.centres, bands.widths, layer.power.q.item()),
        (bands.initial_centres, bands.initial_widths, 2.0),
    ):
        expected = (0.1079 * centres + 24.7) / q / 2
        torch.testing.assert_close(widths, expected.clamp(min=16000 / 1024))


def test_noise_far_from_a_band_does_not_move_it():
    layer = Spectrogram(trainable_mel=True)
    with torch.no_grad():
        basis = layer.power.mel.mel.mel_basis
        basis += 0.03 * basis.max(dim=1, keepdim=True).values * torch.rand(basis.shape)
    bands = layer.bands()
    assert ((bands.centres - bands.initial_centres).abs() < 0.1 * bands.initial_widths).all()


def test_pass_bands_of_sincnet_are_those_of_its_filters():
    frontend = SincNet()
    bank = frontend.sincnet.conv1d[0].filterbank
    with torch.no_grad():
        bank.low_hz_[20] += 300.0
        bank.band_hz_[20] *= -2
    bands = frontend.bands()
    assert bands.centres.shape == (1, 40)
    low, width = bank.low_hz_[20].item(), bank.band_hz_[20].abs().item()
    assert bands.widths[0, 20].item() == pytest.approx(50 + width)
    assert bands.centres[0, 20].item() == pytest.approx(50 + low + (50 + width) / 2)
    change = bands.centres[0, 20] - bands.initial_centres[0, 20]
    assert change.item() == pytest.approx(300 + width / 4, rel=1e-4)
    # an even and an odd filter
    (filters,) = frontend.waveform_filters()
    measured = half_power_bands(power_response(filters[:40], filters[40:]), 8000.0)
    wide = bands.widths[0] > 130
    torch.testing.assert_close(measured[0, wide], bands.centres[0, wide], rtol=0.02, atol=5)
    torch.testing.assert_close(measured[1, wide], bands.widths[0, wide], rtol=0.2, atol=10)


def test_bands_without_power_have_no_centre():
    assert half_power_bands(torch.zeros(1, 9), 8000.0).isnan().all()
    # bands that reach the ends of the spectrum
    low, high = half_power_bands(torch.tensor([[4.0, 4.0, 0.0], [0.0, 4.0, 4.0]]), 2.0).T
    assert low.tolist() == pytest.approx([0.75, 1.5])
    assert high.tolist() == pytest.approx([1.25, 1.5])
