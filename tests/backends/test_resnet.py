import pytest
import torch
import torch.nn.functional as F
from torch import nn

from pyannote_strf.backends.resnet import ResNet, ResNetMean

# size of the kernel of channel attention, by number of channels, of the authors' network
KERNELS = {64: 7, 128: 9, 256: 9, 512: 11, 1024: 11, 2048: 13}


def with_statistics(backend, image):
    """Return a back-end in evaluation mode, with running averages and weights that matter."""
    for module in backend.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1, 0.1)
            nn.init.normal_(module.bias, 0, 0.1)
            module.momentum = 1.0
    with torch.no_grad():
        backend(image)
    return backend.eval()


def published(state, image, counts, eca):
    """Return the last image of the authors' residual network, from a state dict."""

    def norm(x, name):
        names = ("running_mean", "running_var", "weight", "bias")
        return F.batch_norm(x, *(state[f"{name}.{key}"] for key in names), eps=2e-5)

    x = F.conv2d(norm(image, "input_norm"), state["stem.weight"], stride=2, padding=3)
    x = F.max_pool2d(F.relu(norm(x, "stem_norm")), 3, 2, 1)
    index = 0
    for stage, count in enumerate(counts):
        for number in range(count):
            name = f"blocks.{index}"
            stride = 2 if stage > 0 and number == 0 else 1
            weights = [state[f"{name}.convolutions.{k}.weight"] for k in range(2)]
            first = F.relu(norm(x, f"{name}.norms.0"))
            shortcut = x
            if number == 0:
                shortcut = F.conv2d(first, state[f"{name}.shortcut.weight"], stride=stride)
            if f"{name}.convolutions.2.weight" in state:
                # the stride is that of the 3 x 3 convolution
                y = F.relu(norm(F.conv2d(first, weights[0]), f"{name}.norms.1"))
                y = F.conv2d(y, weights[1], stride=stride, padding=1)
                y = F.conv2d(
                    F.relu(norm(y, f"{name}.norms.2")), state[f"{name}.convolutions.2.weight"]
                )
            else:
                y = F.conv2d(first, weights[0], stride=stride, padding=1)
                y = F.conv2d(F.relu(norm(y, f"{name}.norms.1")), weights[1], padding=1)
            if eca:
                kernel = state[f"{name}.attention.convolution.weight"]
                bias = state[f"{name}.attention.convolution.bias"]
                assert kernel.shape[-1] == KERNELS[y.shape[1]]
                means = y.mean(dim=(2, 3))[:, None]
                gates = F.conv1d(means, kernel, bias, padding=kernel.shape[-1] // 2)[:, 0]
                y = y * torch.sigmoid(gates)[..., None, None]
            x = shortcut + y
            index += 1
    return F.relu(norm(x, "last_norm"))


@pytest.mark.parametrize(
    ("depth", "counts", "eca"),
    [(18, (2, 2, 2, 2), False), (18, (2, 2, 2, 2), True), (50, (3, 4, 6, 3), True)],
)
def test_features_match_the_published_layers(depth, counts, eca):
    image = torch.randn(2, 3, 40, 70)
    backend = with_statistics(ResNet(3, 40, depth=depth, eca=eca), image)
    with torch.no_grad():
        expected = published(backend.state_dict(), image, counts, eca)
        features = backend(image)
    assert expected.shape == (2, backend.num_features, 2, 3)
    torch.testing.assert_close(features, expected.mean(2).transpose(1, 2), atol=1e-3, rtol=1e-3)
    backend.average_bands = False
    with torch.no_grad():
        features = backend(image)
    torch.testing.assert_close(
        features, expected.flatten(1, 2).transpose(1, 2), atol=1e-3, rtol=1e-3
    )


@pytest.mark.parametrize(
    ("depth", "count"),
    [
        # convolutions of the networks of torchvision, and a shortcut in the first stage
        (18, 11_166_912 + 64 * 64),
        (34, 21_267_648 + 64 * 64),
        (50, 23_454_912),
        (101, 42_394_816),
        (152, 57_992_384),
    ],
)
def test_networks_have_the_published_number_of_weights(depth, count):
    with torch.device("meta"):
        backend = ResNet(3, 64, depth=depth)
    convolutions = [module for module in backend.modules() if isinstance(module, nn.Conv2d)]
    assert sum(convolution.weight.numel() for convolution in convolutions) == count
    # the last layer of the published networks is the classifier
    assert len(convolutions) - 4 == depth - 1


@pytest.mark.parametrize("num_frames", [1, 31, 32, 33, 64, 65, 100])
@pytest.mark.parametrize("num_bands", [1, 16, 65])
def test_there_is_one_frame_for_every_32(num_frames, num_bands):
    backend = ResNet(1, num_bands, average_bands=False).eval()
    with torch.no_grad():
        features = backend(torch.randn(1, 1, num_bands, num_frames))
    assert features.shape == (1, backend.num_frames(num_frames), backend.num_features)
    assert backend.receptive_field_size(features.shape[1]) <= num_frames


@pytest.mark.parametrize("eca", [False, True])
def test_features_of_a_clip_do_not_depend_on_its_padding(eca):
    lengths = torch.tensor([70, 33, 1, 64])
    image = torch.randn(4, 2, 40, 70)
    backend = with_statistics(ResNetMean(2, 40, eca=eca), image)
    with torch.no_grad():
        together = backend(image, lengths)
        for row, length in enumerate(lengths):
            alone = backend(image[row : row + 1, ..., :length])[0]
            torch.testing.assert_close(together[row], alone, atol=1e-4, rtol=1e-3)


def test_statistics_do_not_depend_on_padding():
    padded, plain = ResNetMean(1, 32, eca=True), ResNetMean(1, 32, eca=True)
    plain.load_state_dict(padded.state_dict())
    image = torch.randn(3, 1, 32, 50)
    longer = torch.cat([image, torch.full((3, 1, 32, 30), 7.0)], dim=-1)
    with torch.no_grad():
        features = padded(longer, torch.full((3,), 50))
        torch.testing.assert_close(features, plain(image), atol=1e-4, rtol=1e-3)
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(padded.state_dict()[name], value, atol=1e-4, rtol=1e-3)


def test_other_depths_are_refused():
    with pytest.raises(ValueError, match=r"^depth must be one of 18, 34, 50, 101, 152, got 19$"):
        ResNet(1, 64, depth=19)
