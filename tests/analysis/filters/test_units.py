import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pyannote_strf import STRFConv2d
from pyannote_strf.analysis.filters.transfer import (
    energy_cut,
    ensemble,
    measured_transfer,
    transfer,
    truncation_error,
)
from pyannote_strf.analysis.filters.units import describe, octaves_per_band
from pyannote_strf.layers.spectrogram import Spectrogram
from tests.analysis.filters.banks import HOP, SEMITONES, bank

RATES = np.array([2.0, 4.0, 8.0, 16.0])
DENSITIES = np.array([-1.6, -0.8, -0.4, 0.4, 0.8, 1.6])


def test_describe_recovers_the_units_of_a_known_bank():
    layer, rate, density = bank(RATES, DENSITIES)
    filters = describe(layer, HOP, SEMITONES)
    np.testing.assert_allclose(filters.rate, rate, rtol=1e-4)
    np.testing.assert_allclose(filters.density, density, rtol=1e-4)
    np.testing.assert_allclose(filters.density_per_band, density / 12, rtol=1e-4)
    np.testing.assert_allclose(filters.duration, 1000 * 2.35482 * 0.12, rtol=1e-4)
    np.testing.assert_allclose(filters.extent, 2.35482 * 4 / 12, rtol=1e-4)
    assert set(filters.direction[density > 0.5]) == {"rising"}
    assert set(filters.direction[density < -0.5]) == {"falling"}


def test_a_filter_and_its_negative_modulation_are_equivalent():
    layer, *_ = bank(RATES, DENSITIES)
    mirrored = STRFConv2d(1, layer.out_channels, layer.kernel_size)
    with torch.no_grad():
        mirrored.assign(layer.sigma_t, layer.sigma_f, layer.omega, layer.gamma + torch.pi)
    one, other = (describe(each, HOP, SEMITONES) for each in (layer, mirrored))
    np.testing.assert_allclose(one.rate, other.rate, rtol=1e-4)
    np.testing.assert_allclose(one.density, other.density, rtol=1e-4, atol=1e-6)
    assert one.direction.tolist() == other.direction.tolist()


def test_separable_filters_have_no_direction():
    layer, *_ = bank([0.0, 8.0], [0.0, 1.6])
    assert describe(layer, HOP, SEMITONES).direction.tolist() == [
        "neither",
        "neither",
        "neither",
        "rising",
    ]


def test_a_ripple_drives_the_filter_of_its_modulation():
    # modulations up to half a cycle per bin, in every direction
    layer, rate, density = bank(np.arange(4.0, 35.0, 6.0), np.linspace(-4.2, 4.2, 8))
    assert layer.omega.max() > 0.97 * np.pi
    filters = describe(layer, HOP, SEMITONES)
    time, octave = np.arange(300) * HOP, np.arange(64) / 12
    # rising: crests are where 2 pi (rate t - density x) is constant
    phases = [r * time - d * octave[:, None] for r, d in zip(rate, density)]
    ripples = torch.tensor(np.cos(2 * np.pi * np.array(phases)), dtype=torch.float32)
    for index, ripple in enumerate(ripples):
        with torch.no_grad():
            responses = layer(ripple[None, None])[0]
        inside = responses.reshape(2, -1, 64, 300)[:, :, 16:48, 60:-60]
        driven = int(inside.square().sum(dim=(0, 2, 3)).argmax())
        assert filters.rate[driven] == pytest.approx(rate[index], rel=1e-3)
        assert filters.density[driven] == pytest.approx(density[index], rel=1e-3)


def test_direction_matches_the_power_of_responses():
    layer, *_ = bank([1.0, 2.0], [0.2, 0.4], sigma_t=12.0, sigma_f=4.0)
    filters = describe(layer, HOP, SEMITONES)
    for number in range(4):
        per_frame, per_band = filters.rate[number] * HOP, filters.density_per_band[number]
        # the larger kernel holds all of its energy
        one, other = (
            sum(
                measured_transfer(layer, np.array([s * per_frame]), np.array([-s * b]))[
                    number, 0, 0
                ]
                ** 2
                for s in (1, -1)
            )
            for b in (per_band, -per_band)
        )
        decibels = 10 * np.log10(one / other)
        assert (filters.direction[number] == "rising") == (decibels >= 3)


def test_bandwidths_end_at_half_power():
    layer, *_ = bank(RATES, DENSITIES)
    filters = describe(layer, HOP, SEMITONES)
    for side in (-0.5, 0.5):
        per_frame = (filters.rate + side * filters.rate_bandwidth) * HOP
        per_band = -filters.density / 12
        power = np.diagonal(transfer(layer, per_frame, per_band)) ** 2
        np.testing.assert_allclose(power, 0.5, rtol=1e-3)
        per_band = -(filters.density + side * filters.density_bandwidth) / 12
        power = np.diagonal(transfer(layer, filters.rate * HOP, per_band)) ** 2
        np.testing.assert_allclose(power, 0.5, rtol=1e-3)
    np.testing.assert_allclose(filters.rate_quality, filters.rate / filters.rate_bandwidth)


def test_closed_form_matches_the_fourier_transform_of_kernels():
    layer, *_ = bank(RATES, DENSITIES)
    assert (energy_cut(layer) < 0.01).all()
    rates, densities = np.fft.fftfreq(1024), np.fft.fftfreq(256)
    kernels = layer.kernels()[:, 0].detach().numpy()
    padded = np.abs(np.fft.fft2(kernels, s=(256, 1024)))
    closed = transfer(layer, rates[None, :], densities[:, None])
    assert np.abs(closed - padded).max() < 0.01
    np.testing.assert_allclose(measured_transfer(layer, rates, densities), padded, atol=1e-6)


@settings(deadline=None, max_examples=25)
@given(st.floats(6.0, 30.0), st.floats(1.0, 3.0))
def test_truncation_changes_the_transfer_by_the_energy_cut(sigma_t, sigma_f):
    layer, *_ = bank([8.0], [0.5], sigma_t, sigma_f, size=(9, 111))
    rates, densities = np.fft.fftfreq(512), np.fft.fftfreq(128)
    closed = transfer(layer, rates[None, :], densities[:, None])
    difference = closed - measured_transfer(layer, rates, densities)
    # Parseval's theorem, except for side lobes: the gain has no sign
    share, cut = np.sum(difference**2) / np.sum(closed**2), energy_cut(layer)[0]
    assert 0.6 * cut - 1e-4 < share < cut + 1e-4


def test_truncated_kernels_differ_from_the_closed_form():
    whole, *_ = bank(RATES, DENSITIES)
    assert truncation_error(whole).max() < 0.01
    cut, *_ = bank(RATES, DENSITIES, size=(9, 111))
    assert energy_cut(cut).min() > 0.1
    assert truncation_error(cut).min() > 0.1


def test_ensemble_peaks_at_the_modulation_of_filters():
    for rate, density in ((4.0, 0.8), (16.0, -1.6)):
        layer, *_ = bank([rate], [density])
        rates, densities = np.linspace(0, 20, 81), np.linspace(-2, 2, 81)
        power = ensemble(layer, rates * HOP, densities / 12)
        row, column = np.unravel_index(power.argmax(), power.shape)
        assert (rates[column], densities[row]) == pytest.approx((rate, density), abs=0.06)
        assert power.max() == pytest.approx(1.0, abs=0.02)


@settings(deadline=None, max_examples=25)
@given(st.floats(1.0, 30.0), st.floats(1.0, 12.0), st.sampled_from([8, 9]), st.integers(20, 111))
def test_energy_cut_is_the_energy_that_a_larger_kernel_adds(sigma_t, sigma_f, bands, frames):
    def energy(size):
        layer, *_ = bank([5.0], [0.5], sigma_t, sigma_f, size)
        return layer.kernels().abs().double().square().sum().item()

    layer, *_ = bank([5.0], [0.5], sigma_t, sigma_f, (bands, frames))
    large = energy((bands + 200, frames + 400))
    expected = 1 - energy((bands, frames)) / large
    assert energy_cut(layer)[0] == pytest.approx(expected, abs=1e-4)


def test_octaves_per_band_of_a_constant_q_spectrogram_are_constant():
    np.testing.assert_allclose(octaves_per_band(SEMITONES, SEMITONES), 1 / 12)
    centres = Spectrogram(kind="cqt").centres.numpy()
    assert np.ptp(octaves_per_band(centres, centres)) < 1e-4


def test_octaves_per_band_of_a_mel_spectrogram_follow_the_mel_scale():
    centres = Spectrogram().centres.numpy().astype(float)
    at = centres[10:-10]
    # Slaney's scale: linear up to 1000 Hz, then 27 steps for each factor of 6.4
    top = 15 + 27 * np.log(8000 / 1000) / np.log(6.4)
    per_band = top / (len(centres) + 1)
    linear = per_band * 200 / 3 / at / np.log(2)
    logarithmic = np.full_like(at, per_band * np.log2(6.4) / 27)
    found = octaves_per_band(centres, at)
    np.testing.assert_allclose(found[at < 900], linear[at < 900], rtol=0.03)
    np.testing.assert_allclose(found[at > 1100], logarithmic[at > 1100], rtol=0.03)


def test_a_frequency_outside_the_bands_raises_an_error():
    with pytest.raises(ValueError, match=r"9000\.0 Hz is outside the range of the bands, 100 to"):
        octaves_per_band(SEMITONES, 9000.0)
