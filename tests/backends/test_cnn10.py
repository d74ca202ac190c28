import pytest
import torch
from torch import nn

from pyannote_strf.backends.cnn10 import CNN10


def small(num_channels=2, num_bands=20):
    torch.manual_seed(1)
    backend = CNN10(num_channels, num_bands, width=1 / 8)
    for module in backend.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.bias)
            nn.init.normal_(module.running_mean)
    return backend


def padded(images, value):
    """Return a batch of images with padding of some value, and their numbers of frames."""
    size = max(image.shape[-1] for image in images) + 5
    rows = [nn.functional.pad(image, (0, size - image.shape[-1]), value=value) for image in images]
    return torch.stack(rows), torch.tensor([image.shape[-1] for image in images])


@pytest.mark.parametrize("width", [0.25, 1.0])
def test_width_scales_features(width):
    backend = CNN10(1, 64, width)
    assert backend.num_features == 512 * width
    assert backend(torch.randn(2, 1, 64, 33)).shape == (2, backend.num_features)
    assert backend.resolution == "chunk"


@pytest.mark.parametrize("width", [0, -1, 0.001, 100, "wide", float("nan")])
def test_invalid_widths_are_refused(width):
    with pytest.raises(ValueError, match="width must be a number from"):
        CNN10(1, 64, width)


def test_dropout_is_in_training_only():
    torch.manual_seed(0)
    backend = CNN10(1, 64, 1 / 4, dropout=1.0)
    image = torch.randn(4, 1, 64, 64)
    # nothing is left of the last block
    assert torch.equal(backend(image), backend.fc1.bias.relu().expand(4, -1))
    assert backend.eval()(image).abs().sum() > 0
    with pytest.raises(ValueError, match="dropout must be a number from 0 to 1, got 2"):
        CNN10(1, 64, dropout=2)


@pytest.mark.parametrize("value", [0.0, -3.0])
def test_features_of_a_clip_do_not_depend_on_its_padding(value):
    backend = small().eval()
    images = [torch.randn(2, 20, size) for size in (1, 6, 15, 16, 17, 33, 47, 100)]
    batch, num_frames = padded(images, value)
    with torch.no_grad():
        found = backend(batch, num_frames)
        for image, features in zip(images, found):
            torch.testing.assert_close(features, backend(image[None])[0], atol=1e-5, rtol=1e-4)


def test_statistics_of_batch_normalisation_read_real_frames_only():
    backend = small()
    images = [torch.randn(2, 20, size) for size in (32, 64)]
    backend.train()
    backend(*padded(images, 1000.0))
    frames = torch.cat(images, dim=-1)
    expected = 0.1 * frames.mean(dim=(0, 2)) + 0.9 * small().bn0.running_mean
    torch.testing.assert_close(backend.bn0.running_mean, expected)
    assert backend.conv_block4.bn2.running_mean.abs().max() < 100


def test_padding_gets_no_gradient():
    backend = small()
    batch, num_frames = padded([torch.randn(2, 20, size) for size in (20, 64)], 1.0)
    batch.requires_grad_()
    backend(batch, num_frames).square().sum().backward()
    for row, size in zip(batch.grad, num_frames):
        assert row[..., :size].abs().sum() > 0
        assert row[..., size:].abs().sum() == 0


@pytest.mark.parametrize(("num_bands", "num_frames"), [(1, 1), (16, 3), (5, 40), (64, 15)])
def test_small_images_are_padded_with_zeros_after_the_normalisation_of_bands(num_bands, num_frames):
    backend = small(num_bands=num_bands).eval()
    image = torch.randn(3, 2, num_bands, num_frames)
    normalised = backend.bn0(image.transpose(1, 2)).transpose(1, 2)
    whole = torch.zeros(3, 2, max(16, num_bands), max(16, num_frames))
    whole[:, :, :num_bands, :num_frames] = normalised
    expected = backend(image)
    backend.bn0 = nn.Identity()
    torch.testing.assert_close(backend(whole), expected)
