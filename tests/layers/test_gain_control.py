import math

import pytest
import torch
import torch.nn.functional as F

from pyannote_strf.layers.gain_control import OFFSET, STRENGTH, TIME_CONSTANT, GainControl

HOP = 0.01


def by_the_formula(power, hop):
    """Compute the moving average frame by frame, in double precision, without truncation."""
    power = power.double() / power.double().mean()
    forget = math.exp(-hop / TIME_CONSTANT)
    image, level = torch.empty_like(power), power[:, 0]
    for frame in range(power.shape[1]):
        level = forget * level + (1 - forget) * power[:, frame]
        image[:, frame] = 10 * torch.log10(1 + power[:, frame] / (OFFSET * level**STRENGTH))
    return image


@pytest.mark.parametrize("frames", [1, 50, 198, 700])
@pytest.mark.parametrize("hop", [0.005, 0.01])
def test_output_matches_the_formula(frames, hop):
    power = 10 ** (2 * torch.randn(3, 8, frames)).clamp(-4, 4)
    images = GainControl(hop)(power)
    for image, of in zip(images, power):
        # the average ignores power older than 5 time constants, which may have been far louder
        torch.testing.assert_close(image.double(), by_the_formula(of, hop), atol=0.5, rtol=0)


def test_average_follows_a_step_exponentially():
    power = torch.ones(1, 1, 400)
    power[..., 100:] = 11.0
    level = GainControl(HOP).level(power)[0, 0]
    assert level[99].item() == pytest.approx(1, rel=1e-4)
    one_constant = 100 + round(TIME_CONSTANT / HOP) - 1
    assert level[one_constant].item() == pytest.approx(1 + 10 * (1 - math.exp(-1)), rel=0.01)
    assert level[-1].item() == pytest.approx(11, rel=0.01)


@pytest.mark.parametrize("frames", [1, 199, 200, 201, 700])
def test_average_equals_a_convolution(frames):
    power = torch.rand(2, 3, frames)
    control = GainControl(HOP)
    padded = F.pad(power, (len(control.weights) - 1, 0), mode="replicate").flatten(0, 1)
    expected = F.conv1d(padded[:, None], control.weights[None, None]).view_as(power)
    torch.testing.assert_close(control.level(power), expected)


def test_frames_do_not_depend_on_later_frames():
    power = torch.rand(1, 4, 100) + 0.1
    later = power.clone()
    later[..., 60:] *= 100
    control = GainControl(HOP)
    torch.testing.assert_close(control.level(later)[..., :60], control.level(power)[..., :60])


def test_output_does_not_depend_on_loudness():
    power = torch.rand(2, 8, 100) + 0.01
    torch.testing.assert_close(GainControl(HOP)(1e4 * power), GainControl(HOP)(power))


def test_steady_noise_is_attenuated():
    """A difference of 30 dB between two bands becomes less than 6 dB."""
    power = torch.ones(1, 2, 200)
    power[:, 1] = 1000.0
    quiet, loud = GainControl(HOP)(power)[0, :, -1]
    assert 0 < loud - quiet < 30 * (1 - STRENGTH)
