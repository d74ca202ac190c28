import numpy as np
import pytest
import torch

from pyannote_strf.analysis.filters.receptive_fields import receptive_fields
from pyannote_strf.frontends.conv2d import Conv2d
from pyannote_strf.frontends.full_band import FullBand
from pyannote_strf.frontends.strf import STRF

SLIDING = {"kernel_size": (3, 7), "stride": (2, 3)}
FRONTENDS = [
    STRF(num_filters=3, num_free_filters=2, **SLIDING),
    STRF(num_filters=3, spectrogram={"kind": "hstft", "f_min": 1000.0}, **SLIDING),
    Conv2d(num_channels=3, **SLIDING),
    FullBand(num_filters=3, kernel_size=5, stride=2),
]


def delayed(image, lag):
    """Return an image whose frame n is frame n - lag, with zeros outside."""
    moved = np.zeros_like(image)
    frames = np.arange(image.shape[-1]) - lag
    inside = (frames >= 0) & (frames < image.shape[-1])
    moved[..., inside] = image[..., frames[inside]]
    return moved


def correlated(arrays, kernel, image):
    """Compute the responses of (filter, channel, frequency, lag) kernels, as an encoding model."""
    lags = np.round(arrays["lags"] / arrays["hop"]).astype(int)
    bands, frames = arrays["stride"]
    num_bands = image.shape[1]
    slides = "band_offsets" in arrays
    rows = []
    for middle in range(0, num_bands if slides else 1, bands):
        row = 0
        for place in range(kernel.shape[2]):
            band = middle + arrays["band_offsets"][place] if slides else place
            if 0 <= band < num_bands:
                for column, lag in enumerate(lags):
                    part = np.einsum("kc,cn->kn", kernel[:, :, place, column], image[:, band])
                    row = row + delayed(part, lag)
        rows.append(row[:, ::frames])
    return np.stack(rows, axis=1)


@pytest.mark.parametrize("frontend", FRONTENDS, ids=["strf", "harmonics", "conv2d", "full_band"])
def test_responses_are_those_of_the_front_end(frontend, tmp_path):
    np.savez(tmp_path / "kernels.npz", **receptive_fields(frontend.kernels()))
    with np.load(tmp_path / "kernels.npz") as file:
        arrays = dict(file)
    channels = frontend.spectrogram.num_channels
    image = torch.randn(channels, frontend.spectrogram.num_bands, 30)
    with torch.no_grad():
        if isinstance(frontend, FullBand):
            expected = frontend.filters(image.flatten(0, 1)[None])[0][:, None]
        else:
            expected = frontend.responses(image[None])[0]
    kinds = [name for name in ("strf_real", "strf_imag", "free") if name in arrays]
    kernels = np.concatenate([arrays[name] for name in kinds])
    if channels == 1:
        kernels = kernels[:, None]
    found = correlated(arrays, kernels, image.numpy())
    np.testing.assert_allclose(found, expected.numpy(), atol=2e-4)


def test_positive_lags_are_in_the_past():
    frontend = STRF(num_filters=1, kernel_size=(1, 5))
    frontend.filters.assign(*torch.tensor([3.0, 2.0, 0.5, 0.0]).reshape(4, 1, 1))
    arrays = receptive_fields(frontend.kernels())
    assert arrays["lags"].tolist() == [-0.02, -0.01, 0.0, 0.01, 0.02]
    taps = np.arange(-2, 3)
    expected = np.exp(-((taps / 3) ** 2) / 2 + 0.5j * taps)[::-1]
    found = arrays["strf_real"][0, 0] + 1j * arrays["strf_imag"][0, 0]
    np.testing.assert_allclose(found / found[2], expected, atol=1e-5)


def test_frequencies_are_around_the_band_nearest_to_a_frequency():
    kernels = Conv2d(num_channels=1, kernel_size=(5, 3)).kernels()
    centres = kernels.spectrogram.centres.numpy()
    arrays = receptive_fields(kernels, at=float(centres[20]) + 1)
    np.testing.assert_allclose(arrays["frequencies"], centres[18:23], rtol=1e-6)
    np.testing.assert_allclose(arrays["centres"], centres, rtol=1e-6)
    edge = receptive_fields(kernels, at=float(centres[0]))["frequencies"]
    assert np.isnan(edge).tolist() == [True, True, False, False, False]


def test_kernels_over_all_bands_have_absolute_frequencies():
    arrays = receptive_fields(FullBand().kernels())
    assert "band_offsets" not in arrays
    assert arrays["free"].shape == (128, 64, 7)
    np.testing.assert_array_equal(arrays["frequencies"], arrays["centres"])
