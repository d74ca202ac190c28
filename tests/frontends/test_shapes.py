"""Front-ends with filters of other shapes on a spectrogram."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.signal import correlate2d

from pyannote_strf.frontends.fcn5 import FCN5
from pyannote_strf.frontends.full_band import FullBand
from pyannote_strf.frontends.musicnn import Musicnn
from pyannote_strf.frontends.vgg import VGG


@pytest.mark.parametrize("stride", [1, 3])
def test_full_band_filters_move_along_time_only(stride):
    frontend = FullBand(num_filters=5, kernel_size=5, stride=stride, spectrogram={"num_bands": 20})
    waveform = torch.randn(1, 1, 8000)
    spectrogram = frontend.spectrogram(waveform)[0, 0].double().numpy()
    padded = np.pad(spectrogram, ((0, 0), (2, 2)))
    responses = np.array(
        [
            correlate2d(padded, kernel, mode="valid")[0, ::stride]
            for kernel in frontend.filters.weight.detach().double().numpy()
        ]
    )
    deviation = np.sqrt(responses.var(axis=1, keepdims=True) + 1e-5)
    expected = np.maximum(0, (responses - responses.mean(axis=1, keepdims=True)) / deviation)
    found = frontend(waveform)[0, 0].detach().numpy()
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("spectrogram", [{"num_bands": 20}, {"kind": "hstft", "num_bands": 5}])
def test_full_band_keeps_every_frame_of_the_spectrogram_beside_responses(stride, spectrogram):
    options = {"num_filters": 5, "stride": stride, "spectrogram": spectrogram}
    frontend, hybrid = (FullBand(**options, keep_spectrogram=keep) for keep in (False, True))
    hybrid.load_state_dict(frontend.state_dict())
    for num_samples in (880, 8000, 8159):
        waveforms = torch.randn(2, 1, num_samples)
        image = hybrid(waveforms)
        assert image.shape == (2, 1, hybrid.num_bands, hybrid.num_frames(num_samples))
        responses, kept = image[:, 0].split([5, hybrid.num_bands - 5], dim=1)
        torch.testing.assert_close(responses, frontend(waveforms)[:, 0])
        # band, frame in stride, frame
        frames = kept.unflatten(1, (-1, stride)).transpose(2, 3).flatten(2)
        expected = frontend.spectrogram(waveforms).flatten(1, 2)
        assert torch.equal(frames[..., : expected.shape[-1]], expected)
        last = expected[..., -1:].expand(-1, -1, frames.shape[-1] - expected.shape[-1])
        assert torch.equal(frames[..., expected.shape[-1] :], last)


def test_musicnn_takes_the_maximum_of_vertical_and_horizontal_filters_over_bands():
    frontend = Musicnn(num_vertical=1, num_horizontal=1).eval()
    waveform = torch.randn(1, 1, 16000)
    image = (frontend.spectrogram(waveform)[0, 0] / (1 + 1e-5) ** 0.5).double().numpy()
    shapes = [tuple(convolution.weight.shape[2:]) for convolution in frontend.filters]
    # 0.4 and 0.7 of 64 bands
    assert shapes == [(25, 7), (44, 7), (1, 128), (1, 64), (1, 32)]
    rows = []
    for convolution, (_, length) in zip(frontend.filters, shapes):
        before = (length - 1) // 2
        padded = np.pad(image, ((0, 0), (before, length - 1 - before)))
        kernel = convolution.weight[0, 0].detach().double().numpy()
        responses = correlate2d(padded, kernel, mode="valid") + convolution.bias.item()
        rows.append(np.maximum(0, responses).max(axis=0) / (1 + 1e-5) ** 0.5)
    found = frontend(waveform)[0, 0].detach().numpy()
    np.testing.assert_allclose(found, np.stack(rows), atol=1e-3)


def test_musicnn_has_561_features():
    frontend = Musicnn()
    assert frontend.num_bands == 561
    # 1.6 * 128 and 1.6 * 32 filters
    assert [len(norm.weight) for norm in frontend.norms] == [204, 204, 51, 51, 51]


def layers(image, state, num_convolutions, pools):
    """Return the result of blocks of 3 x 3 convolutions with the weights of a state dict."""
    index = 0
    for pool in pools:
        for _ in range(num_convolutions):
            image = F.conv2d(image, state[f"layers.{index}.weight"], padding=1)
            names = ("running_mean", "running_var", "weight", "bias")
            norm = (state[f"layers.{index + 1}.{name}"] for name in names)
            image = F.relu(F.batch_norm(image, *norm))
            index += 3
        # the last pools are smaller
        missing = [-size % length for size, length in zip(image.shape[2:], pool)]
        image = F.max_pool2d(F.pad(image, (0, missing[1], 0, missing[0])), pool)
        index += 1
    return image


def test_vgg_matches_its_layers():
    frontend = VGG(channels=[4, 6], pools=[[2, 3], [3, 1]], spectrogram={"num_bands": 25})
    waveforms = torch.randn(2, 1, 8000)
    frontend(waveforms)
    frontend.eval()
    expected = layers(frontend.spectrogram(waveforms), frontend.state_dict(), 2, [(2, 3), (3, 1)])
    # 25 bands in pools of 6, 48 frames in pools of 3
    assert expected.shape == (2, 6, 5, 16)
    torch.testing.assert_close(frontend(waveforms), expected, atol=1e-4, rtol=1e-3)
    centres = frontend.spectrogram.centres
    torch.testing.assert_close(frontend.centres[1], centres[6:12].mean())
    torch.testing.assert_close(frontend.centres[4], centres[24])


def test_fcn5_reduces_96_bands_and_1280_frames_to_one_value_per_channel():
    frontend = FCN5()
    waveforms = torch.randn(2, 1, 16000)
    frontend(waveforms)
    frontend.eval()
    pools = [(2, 4), (2, 4), (2, 4), (3, 5), (4, 4)]
    expected = layers(frontend.spectrogram(waveforms), frontend.state_dict(), 1, pools)
    assert expected.shape == (2, 64, 1, 1)
    torch.testing.assert_close(frontend(waveforms), expected, atol=1e-4, rtol=1e-3)
    hop, window = 160, 400
    assert frontend.num_frames(window + 1279 * hop) == 1
    assert frontend.num_frames(window + 1280 * hop) == 2


@pytest.mark.parametrize(
    ("frontend", "options", "message"),
    [
        (VGG, {"channels": [4]}, "channels and pools must have the same length, 1 to 8, got 1"),
        (VGG, {"pools": [[2, 2], [2]]}, "pools must be two positive integers"),
        (VGG, {"pools": [[2, 2], [2, 0]]}, r"pools must be two positive integers, got \[2, 0\]"),
        (VGG, {"num_convolutions": 0}, "num_convolutions must be a positive integer"),
        (FullBand, {"kernel_size": 4}, "kernel_size must be odd, got 4"),
        (Musicnn, {"num_vertical": 0}, "num_vertical must be a positive integer"),
    ],
)
def test_invalid_options_are_refused(frontend, options, message):
    with pytest.raises(ValueError, match=message):
        frontend(**options)


def test_fcn5_takes_all_bands_of_a_harmonic_transform(recwarn):
    assert FCN5(spectrogram={"kind": "hcqt"}).spectrogram.num_bands < 96
    assert not recwarn.list
