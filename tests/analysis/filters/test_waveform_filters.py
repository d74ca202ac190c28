import numpy as np

from pyannote_strf.analysis.filters.waveform_filters import magnitude_responses


def test_filters_are_sorted_by_the_frequency_of_their_peak():
    time = np.arange(256) / 16000
    tones = np.array([3000.0, 500.0, 6000.0])
    filters = np.hanning(256) * np.cos(2 * np.pi * tones[:, None] * time)
    responses = magnitude_responses(filters, 16000)
    np.testing.assert_allclose(responses.peaks, np.sort(tones), atol=16)
    for tone, decibels in zip(np.sort(tones), responses.decibels):
        assert decibels.max() == 0
        # the main lobe of a Hann window ends two bins from its middle, and is 6 dB down after one
        beside = np.interp(tone + np.array([-62.5, 62.5]), responses.frequencies, decibels)
        np.testing.assert_allclose(beside, -6, atol=0.5)
        assert decibels[np.abs(responses.frequencies - tone) > 150].max() < -30


def test_responses_match_the_definition():
    filters = np.random.default_rng(0).normal(size=(4, 3))
    responses = magnitude_responses(filters, 8000)
    phases = np.exp(-2j * np.pi * responses.frequencies[:, None] / 8000 * np.arange(3))
    expected = np.abs(filters @ phases.T)
    order = np.argsort(responses.frequencies[expected.argmax(axis=1)], kind="stable")
    expected = 20 * np.log10(expected / expected.max(axis=1, keepdims=True))[order]
    np.testing.assert_allclose(responses.decibels, expected, atol=1e-6)
