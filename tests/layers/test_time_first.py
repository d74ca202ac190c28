import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from pyannote_strf.layers.gabor import dense_kernels
from pyannote_strf.layers.time_first import time_first


@settings(deadline=None, max_examples=40)
@given(
    kernel=st.tuples(st.integers(1, 6), st.integers(1, 90)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    num_frames=st.integers(180, 400),
    parts=st.sampled_from([("real",), ("imag",), ("real", "imag")]),
)
def test_response_equals_a_dense_convolution(kernel, stride, dilation, num_frames, parts):
    frequency, time = (torch.randn(3, 2, taps, dtype=torch.double) for taps in kernel)
    x = torch.randn(2, 12, num_frames, dtype=torch.double)
    expected = [
        F.conv2d(x[:, None], kernels[:, None], None, stride, 0, dilation)
        for kernels in dense_kernels(frequency, time, parts)
    ]
    response = time_first(x, frequency, time, parts, stride, dilation)
    torch.testing.assert_close(response, torch.stack(expected, dim=1), atol=1e-10, rtol=1e-9)


def test_gradients_match_finite_differences():
    frequency, time = (torch.randn(2, 2, taps, dtype=torch.double) for taps in (3, 5))
    x = torch.randn(1, 8, 90, dtype=torch.double)
    inputs = [tensor.requires_grad_() for tensor in (x, frequency, time)]

    def response(x, frequency, time):
        return time_first(x, frequency, time, ("real", "imag"), (2, 9))

    assert torch.autograd.gradcheck(response, inputs)
