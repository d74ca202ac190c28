import numpy as np
import pytest

from pyannote_strf.analysis.filters.sounds import decibel_correlation, modulation_power
from pyannote_strf.analysis.filters.transfer import ensemble
from tests.analysis.filters.banks import HOP, bank

STEPS = 40
PER_FRAME, PER_BAND = np.linspace(0, 0.5, STEPS + 1), np.linspace(-0.5, 0.5, STEPS + 1)


def ripple(per_frame, per_band):
    """Return a ripple that rises where `per_band` is positive."""
    time, band = np.arange(200), np.arange(64)[:, None]
    return 3 + np.cos(2 * np.pi * (per_frame * time - per_band * band))


@pytest.mark.parametrize("per_frame", [0.05, 0.2, 0.45])
@pytest.mark.parametrize("per_band", [-0.4, -0.1, 0.0, 0.25])
def test_power_of_a_ripple_peaks_at_its_modulation(per_frame, per_band):
    power = modulation_power([ripple(per_frame, per_band)], STEPS)
    row, column = np.unravel_index(power.argmax(), power.shape)
    assert (PER_FRAME[column], PER_BAND[row]) == pytest.approx((per_frame, per_band), abs=0.0126)


def test_power_is_the_mean_over_sounds():
    sounds = [ripple(0.1, 0.2), ripple(0.3, -0.2)]
    both = modulation_power(iter(sounds), STEPS)
    each = [modulation_power([sound], STEPS) for sound in sounds]
    np.testing.assert_allclose(both, np.mean(each, axis=0))


def test_matched_filters_correlate_more_with_sounds():
    sounds = modulation_power([ripple(0.08, 0.4 / 12)], STEPS)
    matched, other = (
        ensemble(bank([rate], [density])[0], PER_FRAME, PER_BAND)
        for rate, density in ((0.08 / HOP, 0.4), (20.0, -1.6))
    )
    assert decibel_correlation(matched, sounds) > decibel_correlation(other, sounds) + 0.3


def test_the_long_term_spectrum_is_removed():
    tilted = ripple(0.1, 0.2) + 30 * np.sin(np.arange(64))[:, None]
    np.testing.assert_allclose(
        modulation_power([tilted], STEPS), modulation_power([ripple(0.1, 0.2)], STEPS), atol=1e-6
    )


def test_no_sounds_raise_an_error():
    with pytest.raises(ValueError, match="no sound"):
        modulation_power([], STEPS)
