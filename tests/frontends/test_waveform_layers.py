"""Front-ends that convolve waveforms."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from pyannote_strf.frontends.frame_level import FrameLevel
from pyannote_strf.frontends.multi_scale import MultiScale
from pyannote_strf.frontends.sample_cnn import SampleCNN


def filtered(waveform, weights, start, stride, num_frames):
    """Return the products of filters (filter, sample) with frames of a waveform."""
    waveform = (waveform - waveform.mean()) / np.sqrt(waveform.var() + 1e-8)
    size = weights.shape[1]
    starts = [start + frame * stride for frame in range(num_frames)]
    return weights @ np.stack([waveform[first : first + size] for first in starts]).T


def compressed(responses, activation):
    image = np.log(1 + 1e4 * abs(responses)) if activation == "log" else np.maximum(0, responses)
    deviation = np.sqrt(image.var(axis=1, keepdims=True) + 1e-5)
    return (image - image.mean(axis=1, keepdims=True)) / deviation


@pytest.mark.parametrize("activation", ["log", "relu"])
def test_frame_level_matches_the_formula(activation):
    frontend = FrameLevel(num_filters=5, activation=activation)
    waveform = torch.randn(1, 1, 4000) + 3
    weights = frontend.filters[0].weight[:, 0].detach().double().numpy()
    assert weights.shape == (5, 512)
    # from sample 0 to 512, from 256 to 768, ...
    responses = filtered(waveform[0, 0].double().numpy(), weights, 0, 256, 14)
    found = frontend(waveform)[0, 0].detach().numpy()
    np.testing.assert_allclose(found, compressed(responses, activation), atol=2e-3)


@pytest.mark.parametrize("activation", ["log", "relu"])
def test_scales_are_centred_on_the_same_samples(activation):
    frontend = MultiScale(num_filters=3, activation=activation)
    waveform = torch.randn(1, 1, 4000)
    scales = []
    for convolution, start in zip(frontend.filters, (0, 128, 192)):
        weights = convolution.weight[:, 0].detach().double().numpy()
        scales.append(filtered(waveform[0, 0].double().numpy(), weights, start, 64, 55))
    assert [convolution.weight.shape[-1] for convolution in frontend.filters] == [512, 256, 128]
    found = frontend(waveform)[0, 0].detach().numpy()
    expected = compressed(np.concatenate(scales), activation)
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("gain", [1e-3, 1e3])
def test_loudness_does_not_change_the_image(gain):
    frontend, waveforms = FrameLevel(num_filters=4), torch.randn(2, 1, 4000)
    torch.testing.assert_close(
        frontend(gain * waveforms), frontend(waveforms), atol=0.02, rtol=0.02
    )


def test_half_precision_does_not_overflow():
    frontend, waveforms = FrameLevel(num_filters=4), torch.randn(2, 1, 4000)
    with torch.no_grad():
        frontend.filters[0].weight.mul_(20)
        with torch.autocast("cpu", dtype=torch.float16):
            image = frontend(waveforms)
        torch.testing.assert_close(image.float(), frontend(waveforms), atol=0.05, rtol=0.05)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window_lengths": []}, "window_lengths must be 1 to 8 integers"),
        ({"window_lengths": [512, 0]}, "window length must be a positive integer, got 0"),
        ({"stride": 513}, "stride must be at most 512, got 513"),
        ({"stride": 0}, "stride must be a positive integer, got 0"),
        ({"num_filters": 0}, "num_filters must be a positive integer, got 0"),
        ({"activation": "gelu"}, "activation must be one of log, relu"),
    ],
)
def test_invalid_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        MultiScale(**options)


def test_the_message_names_the_option_of_frame_level():
    with pytest.raises(ValueError, match=r"^window length must be at most 16000, got 20000"):
        FrameLevel(window_length=20000)


def test_sample_cnn_matches_the_published_layers():
    frontend = SampleCNN()
    waveforms = torch.randn(2, 1, 59049)
    frontend(waveforms)
    frontend.eval()
    state = frontend.state_dict()

    def layer(x, index, **options):
        x = F.conv1d(x, state[f"layers.{index}.weight"], state[f"layers.{index}.bias"], **options)
        names = ("running_mean", "running_var", "weight", "bias")
        return F.relu(F.batch_norm(x, *(state[f"layers.{index + 1}.{name}"] for name in names)))

    image = layer(waveforms, 0, stride=3)
    widths = [image.shape[1]]
    for index in range(3, 39, 4):
        image = F.max_pool1d(layer(image, index, padding=1), 3)
        widths.append(image.shape[1])
    image = layer(image, 39)
    assert widths == [128, 128, 128, 256, 256, 256, 256, 256, 256, 512]
    assert image.shape == (2, 512, 1)
    with torch.no_grad():
        torch.testing.assert_close(frontend(waveforms)[:, 0], image, atol=1e-4, rtol=1e-3)


def test_sample_cnn_has_1_9_million_parameters_with_50_classes():
    count = sum(parameter.numel() for parameter in SampleCNN().parameters()) + 512 * 50 + 50
    assert round(count / 1e6, 1) == 1.9


def test_width_multiplies_the_channels_of_sample_cnn():
    frontend = SampleCNN(width=0.25)
    sizes = [each.out_channels for each in frontend.layers if isinstance(each, torch.nn.Conv1d)]
    assert sizes == [32, 32, 32, 64, 64, 64, 64, 64, 64, 128, 128]
    assert frontend.num_bands == 128
    assert frontend.eval()(torch.randn(1, 1, 59049)).shape == (1, 1, 128, 1)
    with pytest.raises(ValueError, match=r"width must be a number from 0.0078125 to 4, got 0"):
        SampleCNN(width=0)
