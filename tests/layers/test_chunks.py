import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pyannote_strf.layers.chunks import find_chunks
from pyannote_strf.layers.spectrogram import Spectrogram
from pyannote_strf.layers.spectrograms.mel import FixedMel


@pytest.fixture(scope="module")
def drifting():
    """Noise whose mean drifts."""
    generator = torch.Generator().manual_seed(0)
    return 0.1 * torch.randn(40000, generator=generator) + torch.linspace(-0.2, 0.1, 40000)


@settings(deadline=None, max_examples=30)
@given(
    window=st.integers(300, 500),
    hop=st.integers(50, 200),
    frames=st.integers(1, 20),
    num_samples=st.integers(4000, 9000),
    num_chunks=st.integers(2, 4),
)
def test_overlapping_chunks_have_the_power_of_copies(
    drifting, window, hop, frames, num_samples, num_chunks
):
    spectrogram = Spectrogram(16000, window=window / 16000, hop=hop / 16000)
    chunks = drifting.unfold(0, num_samples, frames * hop)[:num_chunks, None]
    expected = spectrogram.measure(chunks.clone())
    torch.testing.assert_close(spectrogram.measure(chunks), expected, rtol=1e-3, atol=1e-9)


def test_frames_of_overlapping_chunks_are_computed_once(drifting, monkeypatch):
    monkeypatch.setattr(FixedMel, "forward", None)
    spectrogram = Spectrogram()
    assert spectrogram(drifting.unfold(0, 16000, 8000)[:, None]).shape == (4, 1, 64, 98)


@pytest.mark.parametrize(
    "chunks",
    [
        torch.zeros(10, 4),
        torch.zeros(1, 4),
        torch.zeros(10).unfold(0, 4, 3),
        torch.zeros(10).expand(2, 10),
        torch.zeros(10, 2)[:, 0].unfold(0, 4, 2),
        torch.zeros(10, requires_grad=True).unfold(0, 4, 2),
    ],
    ids=["copies", "single", "between frames", "repeated", "not contiguous", "gradient"],
)
def test_other_waveforms_are_not_chunks(chunks):
    assert find_chunks(chunks, hop_length=2) is None


@pytest.mark.parametrize("level", [1e-3, 1e-5, 0.0])
@pytest.mark.parametrize("step", [1e-4, 0.01, 0.3])
def test_chunks_whose_means_differ_have_the_images_of_copies(level, step):
    generator = torch.Generator().manual_seed(0)
    waveform = level * torch.randn(48000, generator=generator)
    waveform[24000:] += step
    chunks = waveform.unfold(0, 8000, 1600)[:, None]
    spectrogram = Spectrogram()
    torch.testing.assert_close(spectrogram(chunks), spectrogram(chunks.clone()), rtol=0, atol=0.02)


def test_nan_spoils_the_chunks_that_hold_it_only(drifting):
    waveform = drifting.clone()
    waveform[0] = torch.nan
    image = Spectrogram()(waveform.unfold(0, 16000, 8000)[:, None])
    assert image.isnan().flatten(1).any(dim=1).tolist() == [True, False, False, False]


@pytest.mark.parametrize("options", [{"trainable_mel": True}, {"kind": "sincgram"}])
def test_other_spectrograms_copy_chunks(drifting, options):
    spectrogram = Spectrogram(**options)
    chunks = drifting.unfold(0, 16000, 8000)[:, None]
    torch.testing.assert_close(spectrogram(chunks), spectrogram(chunks.clone()))
