import pytest
import torch
import torch.nn.functional as F

from pyannote_strf.backends.compression import Compression


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "gelu"])
def test_frames_are_compressed_independently(activation):
    compression = Compression(3, 4, {"num_features": 5, "activation": activation})
    image = torch.randn(2, 3, 4, 7)
    expected = torch.empty(2, 5, 7)
    weight, bias = compression.projection.weight[..., 0], compression.projection.bias
    for frame in range(7):
        flat = image[..., frame].reshape(2, 12)
        expected[..., frame] = getattr(F, activation)(flat @ weight.T + bias)
    torch.testing.assert_close(compression(image), expected)


def test_images_of_one_channel_are_compressed_only_with_options():
    image = torch.randn(2, 1, 60, 7)
    assert torch.equal(Compression(1, 60)(image), image[:, 0])
    assert not list(Compression(1, 60).parameters())
    assert Compression(1, 60, {})(image).shape == (2, 64, 7)
    assert Compression(2, 30)(image.reshape(2, 2, 30, 7)).shape == (2, 64, 7)


def test_kept_channels_are_not_compressed():
    compression = Compression(5, 4, {"num_features": 3}, num_kept_channels=2)
    compressed = Compression(3, 4, {"num_features": 3})
    compressed.load_state_dict(compression.state_dict())
    image = torch.randn(2, 5, 4, 7)
    features = compression(image)
    assert features.shape == (2, compression.num_features, 7)
    torch.testing.assert_close(features[:, :3], compressed(image[:, :3]))
    assert torch.equal(features[:, 3:], image[:, 3:].flatten(1, 2))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": "square"}, "activation must be one of relu, leaky_relu, gelu"),
        ({"num_features": 0}, "num_features must be a positive integer, got 0"),
        (
            {"size": 3},
            "compression: option 'size' does not exist, valid options: num_features, act",
        ),
        ("relu", "compression: expected a mapping"),
    ],
)
def test_invalid_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Compression(2, 30, options)
