import pytest
import torch
from pyannote.audio.utils.receptive_field import (
    multi_conv_num_frames,
    multi_conv_receptive_field_center,
    multi_conv_receptive_field_size,
)

from pyannote_strf.backends.tdnn import TDNN

GRID = {
    "kernel_size": [5, 3, 3, 1, 1],
    "stride": [1, 1, 1, 1, 1],
    "padding": [0, 0, 0, 0, 0],
    "dilation": [1, 2, 3, 1, 1],
}


@pytest.mark.parametrize("num_frames", [16, 17, 100])
def test_frame_grid_matches_the_convolutions(num_frames):
    backend = TDNN(1, 6)
    assert backend.resolution == "frame"
    assert backend.num_frames(num_frames) == multi_conv_num_frames(num_frames, **GRID)
    size = multi_conv_receptive_field_size(num_frames, **GRID)
    assert backend.receptive_field_size(num_frames) == size
    center = multi_conv_receptive_field_center(num_frames, **GRID)
    assert backend.receptive_field_center(num_frames) == center


@pytest.mark.parametrize("num_frames", [1, 2, 15, 16, 17, 40])
def test_num_frames_matches_the_features(num_frames):
    backend = TDNN(1, 6).eval()
    features = backend(torch.randn(2, 1, 6, num_frames))
    assert features.shape == (2, backend.num_frames(num_frames), backend.num_features)


def test_frames_depend_on_their_receptive_field_only():
    backend = TDNN(2, 3).eval()
    image = torch.randn(1, 2, 3, 40).requires_grad_()
    backend(image)[0, 10].sum().backward()
    (seen,) = image.grad.abs().sum(dim=(0, 1, 2)).nonzero(as_tuple=True)
    first, last = seen.min().item(), seen.max().item()
    assert last - first + 1 == backend.receptive_field_size(1)
    assert (first + last) / 2 == backend.receptive_field_center(10)


@pytest.mark.parametrize("num_frames", [1, 4, 15])
def test_short_images_are_padded(num_frames):
    backend = TDNN(1, 6).eval()
    image = torch.randn(1, 1, 6, num_frames)
    before = (16 - num_frames) // 2
    after = 16 - num_frames - before
    continued = torch.cat(
        [
            image[..., :1].expand(-1, -1, -1, before),
            image,
            image[..., -1:].expand(-1, -1, -1, after),
        ],
        dim=-1,
    )
    assert torch.equal(backend(image), backend(continued))
